// Bodies without an end, which only the events of the status page are: chunk by chunk, as fast as
// the client takes them, until it leaves or the listener closes.
import type { ServerResponse } from "node:http";

/** Sends a stream until it ends or the client has gone; then ends the answer. */
export async function pumpStream(
  response: ServerResponse,
  from: {
    readonly stream: ReadableStream<Uint8Array>;
    readonly gone: AbortController;
    readonly closing: AbortSignal;
  },
): Promise<void> {
  const { stream, gone, closing } = from;
  const reader = stream.getReader();
  const leave = () => gone.abort();
  closing.addEventListener("abort", leave, { once: true });
  gone.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || gone.signal.aborted) break;
      if (!response.write(value)) await drained(response, gone.signal);
    }
  } finally {
    closing.removeEventListener("abort", leave);
    response.end();
  }
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) return resolve();
    response.once("drain", resolve);
    gone.addEventListener("abort", () => resolve(), { once: true });
  });
}
