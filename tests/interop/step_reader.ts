// A TFTP reader that goes step by step, as slowly as the test wants: lock-step, 512 octets.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { encodeRequest } from "./raw_reader.ts";

/** What came last: a block of data, or the server's refusal. */
export type Step =
  | { readonly kind: "data"; readonly block: number; readonly bytes: Uint8Array }
  | { readonly kind: "error"; readonly code: number; readonly text: string };

const PATIENCE_MS = 60_000;

/** One transfer. Whoever made it closes it. */
export class StepReader {
  readonly #socket: Socket;
  readonly #waiting: ((step: Step) => void)[] = [];
  readonly #arrived: Step[] = [];
  readonly #host: string;
  #port: number;

  /** Asks the server at once. */
  constructor(server: { readonly host: string; readonly port: number }, name: string) {
    this.#host = server.host;
    this.#port = server.port;
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (bytes, from) => this.#arrive(bytes, from));
    this.#socket.send(encodeRequest(1, [name, "octet"]), this.#port, this.#host);
  }

  /** The next thing that comes. Rejects after a minute of silence. */
  async next(): Promise<Step> {
    const step = this.#arrived.shift();
    if (step !== undefined) return step;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("The server is silent")), PATIENCE_MS);
    });
    const come = new Promise<Step>((resolve) => this.#waiting.push(resolve));
    return await Promise.race([come, silence]).finally(() => clearTimeout(timer));
  }

  acknowledge(block: number): void {
    this.#socket.send(Uint8Array.of(0, 4, block >> 8, block & 255), this.#port, this.#host);
  }

  /** Acknowledges the block before this one and gives this one; passes over what is repeated. */
  async take(block: number): Promise<Uint8Array> {
    if (block > 1) this.acknowledge(block - 1);
    for (;;) {
      const step = await this.next();
      if (step.kind === "error") throw new Error(`The server says: ${step.text}`);
      if (step.block === block) return step.bytes;
    }
  }

  /** The server's words when it ends the transfer; passes over what is repeated until then. */
  async refusal(): Promise<Step> {
    for (;;) {
      const step = await this.next();
      if (step.kind === "error") return step;
    }
  }

  /** Takes the rest of the file after `block`, which is not acknowledged yet. */
  async rest(block: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let next = block + 1;; next++) {
      const bytes = await this.take(next);
      pieces.push(bytes);
      if (bytes.length === 512) continue;
      this.acknowledge(next);
      return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    }
  }

  close(): void {
    this.#socket.close();
  }

  #arrive(bytes: Uint8Array, from: RemoteInfo): void {
    this.#port = from.port;
    const number = bytes[2]! << 8 | bytes[3]!;
    const rest = new Uint8Array(bytes.subarray(4));
    const step: Step = bytes[1] === 5
      ? { kind: "error", code: number, text: new TextDecoder().decode(rest.slice(0, -1)) }
      : { kind: "data", block: number, bytes: rest };
    const taker = this.#waiting.shift();
    if (taker === undefined) this.#arrived.push(step);
    else taker(step);
  }
}
