// Bun's side of the platform. Only index.ts imports this, and only under Bun; `bun:ffi` is imported
// dynamically so that Deno can read the module graph.
import { write } from "node:fs";
import { spawn } from "node:child_process";
import type {
  Child,
  NativeCalls,
  NativeSymbol,
  NativeType,
  Platform,
  Program,
} from "./platform.ts";

const ffi = await import("bun:ffi");

const TYPES = {
  i32: ffi.FFIType.i32,
  u32: ffi.FFIType.u32,
  // The "fast" kinds give a number instead of a bigint below 2^53, which all addresses are.
  usize: ffi.FFIType.u64_fast,
  isize: ffi.FFIType.i64_fast,
  buffer: ffi.FFIType.ptr,
  void: ffi.FFIType.void,
} as const satisfies Record<NativeType, unknown>;

/** The platform when running under Bun. */
export const platform: Platform = {
  name: "bun",
  writeError: (bytes) =>
    new Promise((resolve, reject) => {
      write(2, bytes, (error, taken) => error === null ? resolve(taken) : reject(error));
    }),
  dlopen<const S extends Readonly<Record<string, NativeSymbol>>>(library: string, symbols: S) {
    const declared = Object.fromEntries(
      Object.entries(symbols).map(([name, { parameters, result }]) => [
        name,
        { args: parameters.map((type) => TYPES[type]), returns: TYPES[result] },
      ]),
    );
    return ffi.dlopen(library, declared).symbols as unknown as NativeCalls<S>;
  },
  start({ path, args, env, output }: Program): Promise<Child> {
    const child = spawn(path, [...args], {
      ...{ cwd: "/", env: { ...env }, detached: true },
      // A chroot has no /dev/null to read from.
      stdio: ["pipe", "pipe", "pipe"],
    });
    return new Promise((resolve, reject) => {
      // First, as one that was not started for want of descriptors has no streams.
      child.on("error", reject);
      child.stdin.on("error", () => {});
      child.stdin.end();
      const outputs = [child.stdout, child.stderr];
      for (const stream of outputs) stream.on("data", output);
      child.on("spawn", () =>
        resolve({
          pid: child.pid!,
          ended,
          closed,
          leave: () => outputs.forEach((stream) => stream.destroy()),
        }));
      const ended: Child["ended"] = new Promise((resolve) => {
        child.on("exit", (code, signal) => resolve({ code, signal }));
      });
      const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
    });
  },
};
