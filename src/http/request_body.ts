// The octets of a request: taken only when somebody wants them, held back while he is full,
// thrown away within limits when nobody does.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BodySink, HttpClock, RequestBody } from "./exchange.ts";

/** A body nobody wants is read up to here, in octets, and up to this long. */
const DISCARD_BYTES_MAX = 1 << 20;
const DISCARD_MS_MAX = 2_000;

interface BodySource {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The body that a request announces, or null. */
export function incomingBody(
  source: BodySource,
  how: { readonly clock: HttpClock; readonly waits: boolean },
): IncomingBody | null {
  const { headers } = source.request;
  const announced = headers["content-length"];
  if (announced === undefined && headers["transfer-encoding"] === undefined) return null;
  return new IncomingBody(source, {
    ...how,
    length: announced === undefined ? null : Number(announced),
  });
}

/** A body on its way in. */
export class IncomingBody implements RequestBody {
  readonly length: number | null;
  readonly #source: BodySource;
  readonly #clock: HttpClock;
  readonly #waits: boolean;
  #sink: BodySink | null = null;
  #isHeld = false;
  #isOver = false;
  #hasEnded = false;
  #discarded = 0;
  #onOver = () => {};

  constructor(
    source: BodySource,
    how: { readonly clock: HttpClock; readonly waits: boolean; readonly length: number | null },
  ) {
    this.#source = source;
    this.#clock = how.clock;
    this.#waits = how.waits;
    this.length = how.length;
  }

  /** Whether all of it has come. */
  get isComplete(): boolean {
    return this.#hasEnded || this.length === 0;
  }

  /** Whether it is worth reading to the end only to keep the connection. */
  get isSmall(): boolean {
    return this.length !== null && this.length <= DISCARD_BYTES_MAX &&
      (this.#sink !== null || !this.#waits);
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    if (this.#waits) this.#source.response.writeContinue();
    this.#listen();
  }

  resume(): void {
    this.#isHeld = false;
    this.#source.request.resume();
    this.#endIfTaken();
  }

  /**
   * Throws away what is left, until all has come or a limit is reached. A client that waits for
   * "100 Continue" sends nothing, so there is nothing to wait for.
   */
  discard(): Promise<void> {
    if (this.isComplete || this.#isOver || (this.#sink === null && this.#waits)) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.#clock.after(DISCARD_MS_MAX, () => this.#onOver());
      this.#onOver = () => {
        cancel();
        resolve();
      };
      if (this.#sink === null) this.#listen();
      this.#sink = DISCARDING;
      this.resume();
    });
  }

  #listen(): void {
    const { request } = this.#source;
    request.on("data", (chunk: Uint8Array) => this.#take(chunk));
    request.on("end", () => {
      this.#hasEnded = true;
      this.#endIfTaken();
    });
    request.on("error", () => this.abort());
    request.on("close", () => this.abort());
  }

  #take(chunk: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#sink === DISCARDING) {
      this.#discarded += chunk.byteLength;
      if (this.#discarded > DISCARD_BYTES_MAX) this.#onOver();
    } else if (!this.#sink!.data(chunk)) {
      this.#isHeld = true;
      this.#source.request.pause();
    }
  }

  /** The end waits for its turn, should it come while the sink is full. */
  #endIfTaken(): void {
    if (!this.#hasEnded || this.#isHeld || this.#isOver) return;
    this.#isOver = true;
    this.#sink!.end();
    this.#onOver();
  }

  /** The client has gone: what has not come never will. */
  abort(): void {
    if (this.#isOver || this.#hasEnded) return;
    this.#isOver = true;
    this.#sink?.aborted("Client closed the connection before the end of its upload");
    this.#onOver();
  }
}

const DISCARDING: BodySink = { data: () => true, end() {}, aborted() {} };
