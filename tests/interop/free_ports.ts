// UDP ports for programs that cannot be told to take any. Somebody may take one before they do:
// where a program knows port 0, that is better.
import { createSocket, type Socket } from "node:dgram";

const ATTEMPTS_MAX = 100;
/** Below those that systems give to whoever asks for any. */
const FIRST = 10_000;
const LAST = 30_000;

/** A UDP port that is free on all addresses. */
export function freePort(): Promise<number> {
  return freePorts(1);
}

/** The first of `count` such ports in a row. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const first = FIRST + Math.floor(Math.random() * (LAST - FIRST - count));
    const sockets: Socket[] = [];
    try {
      while (sockets.length < count) sockets.push(await bind(first + sockets.length));
      return first;
    } catch {
      // One of them is taken.
    } finally {
      await Promise.all(sockets.map(closed));
    }
  }
  throw new Error(`Cannot find ${count} free ports in a row`);
}

function bind(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port, exclusive: true }, () => resolve(socket));
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
