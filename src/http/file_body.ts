// Sends a run of octets of an open file as the body of an answer. It is a seam: what reads into
// buffers here can be the kernel's `sendfile` elsewhere, behind the same call.
import { read } from "node:fs";
import type { ServerResponse } from "node:http";
import type { FileSlot } from "./exchange.ts";

/** Octets of a chunk, and how many idle buffers are kept for the next transfer. */
const CHUNK_BYTES = 256 * 1024;
const SPARE_BUFFERS_MAX = 8;
/** Up to this length a body is read at once and leaves together with its header. */
const SMALL_BYTES_MAX = 64 * 1024;

/**
 * Sends the slot and ends the answer. Gives null when all was handed over or the client has gone,
 * else why the rest cannot be sent. Leaves the file open.
 */
export function sendFile(
  response: ServerResponse,
  { slot, gone }: { slot: FileSlot; gone: AbortSignal },
): Promise<string | null> {
  return slot.length <= SMALL_BYTES_MAX
    ? Promise.resolve(sendSmall(response, slot))
    : sendLarge(response, { slot, gone });
}

function sendSmall(response: ServerResponse, slot: FileSlot): string | null {
  const bytes = new Uint8Array(slot.length);
  try {
    for (let filled = 0; filled < slot.length;) {
      const got = slot.file.read(slot.start + filled, bytes.subarray(filled));
      if (got <= 0) return SHRUNK;
      filled += got;
    }
  } catch (error) {
    return `Cannot read the file: ${error}`;
  }
  response.end(bytes);
  slot.sent = slot.length;
  return null;
}

const SHRUNK = "The file became shorter while it was being sent";

/** Reads the next chunk while the last one is being written. */
async function sendLarge(
  response: ServerResponse,
  { slot, gone }: { slot: FileSlot; gone: AbortSignal },
): Promise<string | null> {
  let [buffer, other] = [takeBuffer(), takeBuffer()];
  let writing = Promise.resolve(0);
  for (let done = 0; done < slot.length;) {
    const wanted = Math.min(CHUNK_BYTES, slot.length - done);
    const got = await readChunk(slot, { buffer: buffer.subarray(0, wanted), offset: done });
    slot.sent += await writing;
    if (gone.aborted) return null;
    if (typeof got === "string") return got;
    writing = write(response, { bytes: buffer.subarray(0, got), gone });
    done += got;
    [buffer, other] = [other, buffer];
  }
  slot.sent += await writing;
  if (gone.aborted) return null;
  response.end();
  // Only here is it certain that nobody reads from the buffers any more.
  giveBack(buffer);
  giveBack(other);
  return null;
}

function readChunk(
  { file, start }: FileSlot,
  { buffer, offset }: { buffer: Uint8Array; offset: number },
): Promise<number | string> {
  return new Promise((resolve) => {
    const settle = (error: unknown, got: number) => {
      if (error !== null) return resolve(`Cannot read the file: ${error}`);
      resolve(got > 0 ? got : SHRUNK);
    };
    if (file.fd !== null) {
      return read(file.fd, buffer, 0, buffer.byteLength, start + offset, settle);
    }
    try {
      settle(null, file.read(start + offset, buffer));
    } catch (error) {
      settle(error, 0);
    }
  });
}

/** Resolves to the octets handed over, once the buffer may be used again; 0 if the client left. */
function write(
  response: ServerResponse,
  { bytes, gone }: { bytes: Uint8Array; gone: AbortSignal },
): Promise<number> {
  return new Promise((resolve) => {
    const leave = () => resolve(0);
    gone.addEventListener("abort", leave, { once: true });
    response.write(bytes, (error) => {
      gone.removeEventListener("abort", leave);
      resolve(error ? 0 : bytes.byteLength);
    });
  });
}

const spare: Uint8Array[] = [];

function takeBuffer(): Uint8Array {
  return spare.pop() ?? new Uint8Array(CHUNK_BYTES);
}

function giveBack(buffer: Uint8Array): void {
  if (spare.length < SPARE_BUFFERS_MAX) spare.push(buffer);
}
