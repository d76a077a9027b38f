// Deno's side of the platform. Only index.ts imports this, and only under Deno.
import type { Child, NativeCalls, NativeSymbol, Platform, Program } from "./platform.ts";

/** The platform when running under Deno; `dlopen` needs --allow-ffi. */
export const platform: Platform = {
  name: "deno",
  // What node:fs and node:process offer for this waits on the calling thread.
  writeError: (bytes) => Deno.stderr.write(bytes),
  dlopen<const S extends Readonly<Record<string, NativeSymbol>>>(library: string, symbols: S) {
    const opened = Deno.dlopen(library, symbols as Deno.ForeignLibraryInterface);
    const calls: Record<string, unknown> = {};
    for (const [name, { result }] of Object.entries(symbols)) {
      const call = opened.symbols[name] as (...args: unknown[]) => number | bigint;
      // Deno gives 64-bit results as bigint. Hot calls return i32 and are left bare.
      const wide = result === "usize" || result === "isize";
      calls[name] = wide ? (...args: unknown[]) => Number(call(...args)) : call;
    }
    return calls as NativeCalls<S>;
  },
  // Not node:child_process: it asks for /proc/self/exe, and a chroot without /proc is the end of
  // the whole runtime (deno 2.9.6). Nor is there a /dev/null to read from.
  async start({ path, args, env, output }: Program): Promise<Child> {
    const child = new Deno.Command(path, {
      ...{ args: [...args], env: { ...env }, clearEnv: true, cwd: "/", detached: true },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
    }).spawn();
    const readers = [child.stdout, child.stderr].map((stream) => stream.getReader());
    await child.stdin.close().catch(() => {});
    return {
      pid: child.pid,
      ended: child.status,
      closed: Promise.all(readers.map((reader) => readAll(reader, output))).then(() => {}),
      leave: () => readers.forEach((reader) => void reader.cancel().catch(() => {})),
    };
  },
};

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  output: (bytes: Uint8Array) => void,
): Promise<void> {
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      output(chunk.value);
    }
  } catch {
    // Whatever ends it, that was all of it.
  }
}
