// A TFTP reader of its own, without a line of src: requests a file, acknowledges, repeats itself
// on silence. What it does is as plain as RFC 1350, 2347 and 7440 allow.
import { createHash } from "node:crypto";
import { createSocket, type RemoteInfo } from "node:dgram";

export interface RawRead {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** Option names and values, in order. */
  readonly options?: readonly (readonly [string, string])[];
  /** Silence after which the last packet is repeated. */
  readonly timeoutMs?: number;
  /** Told for each new block how long it was waited for since the one before. */
  readonly waited?: (waitMs: number) => void;
}

export interface RawResult {
  readonly digest: string;
  readonly bytes: number;
  /** DATA packets that came, repeated ones included. */
  readonly datagrams: number;
}

/** Reads a file by TFTP. Rejects with the server's words, or after thirty repeats in vain. */
export function rawRead(read: RawRead): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    const reader = new Reader(read, { resolve, reject });
    reader.start();
  });
}

/** The bytes of a request: opcode 1 reads, 2 writes. */
export function encodeRequest(
  opcode: number,
  strings: readonly string[],
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(strings.map((string) => `${string}\0`).join(""));
  const bytes = new Uint8Array(2 + text.length);
  bytes[1] = opcode;
  bytes.set(text, 2);
  return bytes;
}

const REPEATS_MAX = 30;

interface Settle {
  readonly resolve: (result: RawResult) => void;
  readonly reject: (error: Error) => void;
}

class Reader {
  readonly #read: RawRead;
  readonly #settle: Settle;
  readonly #socket = createSocket("udp4");
  readonly #hash = createHash("sha256");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: Uint8Array;
  #serverPort = 0;
  #blockBytes = 512;
  #windowBlocks = 1;
  /** Blocks received in order. */
  #received = 0;
  #sinceAck = 0;
  #bytes = 0;
  #datagrams = 0;
  #repeats = 0;
  #ended = false;
  /** Datagrams that the runtime has not sent yet. */
  #unsent = 0;
  #heardAt = performance.now();

  constructor(read: RawRead, settle: Settle) {
    this.#read = read;
    this.#settle = settle;
    this.#last = encodeRequest(1, [read.name, "octet", ...read.options?.flat() ?? []]);
  }

  start(): void {
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("message", (bytes, from) => this.#receive(bytes, from));
    this.#socket.bind(0, () => this.#send(this.#last));
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#serverPort === 0) this.#serverPort = from.port;
    if (from.port !== this.#serverPort || this.#ended) return;
    const opcode = (bytes[0]! << 8) | bytes[1]!;
    if (opcode === 5) this.#end(new Error(new TextDecoder().decode(bytes.subarray(4, -1))));
    else if (opcode === 6) this.#acknowledgeOptions(bytes);
    else if (opcode === 3) this.#data(bytes);
  }

  #acknowledgeOptions(bytes: Uint8Array): void {
    if (this.#received > 0) return;
    const strings = new TextDecoder().decode(bytes.subarray(2)).split("\0");
    const option = (name: string) => {
      const index = strings.findIndex((string) => string.toLowerCase() === name);
      return index < 0 ? null : Number(strings[index + 1]);
    };
    this.#blockBytes = option("blksize") ?? 512;
    this.#windowBlocks = option("windowsize") ?? 1;
    this.#acknowledge();
  }

  #data(bytes: Uint8Array): void {
    this.#datagrams += 1;
    const number = (bytes[2]! << 8) | bytes[3]!;
    const expected = (this.#received + 1) & 0xffff;
    if (number !== expected) {
      // A gap or a repeat: say once where we are, unless we have just said so.
      if (this.#sinceAck > 0) this.#acknowledge();
      return;
    }
    const payload = bytes.subarray(4);
    const now = performance.now();
    this.#read.waited?.(now - this.#heardAt);
    this.#heardAt = now;
    this.#hash.update(payload);
    this.#received += 1;
    this.#bytes += payload.length;
    this.#sinceAck += 1;
    const isLast = payload.length < this.#blockBytes;
    if (isLast || this.#sinceAck >= this.#windowBlocks) this.#acknowledge();
    if (isLast) this.#end(null);
  }

  #acknowledge(): void {
    this.#sinceAck = 0;
    this.#repeats = 0;
    this.#send(new Uint8Array([0, 4, (this.#received >> 8) & 0xff, this.#received & 0xff]));
  }

  #send(bytes: Uint8Array): void {
    this.#last = bytes;
    const port = this.#serverPort === 0 ? this.#read.port : this.#serverPort;
    this.#unsent += 1;
    this.#socket.send(bytes, port, this.#read.host, () => {
      this.#unsent -= 1;
      if (this.#ended && this.#unsent === 0) this.#socket.close();
    });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#silence(), this.#read.timeoutMs ?? 1000);
  }

  #silence(): void {
    this.#repeats += 1;
    if (this.#repeats > REPEATS_MAX) {
      this.#end(new Error(`No answer from the server after block ${this.#received}`));
    } else {
      this.#send(this.#last);
    }
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    // Otherwise the last ACK is still on its way out.
    if (this.#unsent === 0) this.#socket.close();
    if (error !== null) return this.#settle.reject(error);
    const digest = this.#hash.digest("hex");
    this.#settle.resolve({ digest, bytes: this.#bytes, datagrams: this.#datagrams });
  }
}
