// What differs between Deno and Bun, as one interface: calling C, writing without waiting, starting
// programs. Everything else that both offer the same way (workers, signals, node:* modules) is used
// directly. Pointers are plain numbers here, so nothing above knows a runtime's own pointer type.

/** How an argument or a result crosses into C. "usize" and "isize" are JavaScript numbers. */
export type NativeType = "i32" | "u32" | "usize" | "isize" | "buffer" | "void";

/** Memory of ours given to C for the length of a call; null is a null pointer. */
export type NativeBuffer = ArrayBufferView<ArrayBuffer> | null;

/** One C function: parameters in order, then the result. Results are never buffers. */
export interface NativeSymbol {
  readonly parameters: readonly NativeType[];
  readonly result: Exclude<NativeType, "buffer">;
}

type NativeValue<T extends NativeType> = T extends "buffer" ? NativeBuffer
  : T extends "void" ? void
  : number;

type NativeParameters<P extends readonly NativeType[]> = {
  -readonly [I in keyof P]: NativeValue<P[I]>;
};

/** The functions of a library, callable, with the types that their symbols say. */
export type NativeCalls<S extends Readonly<Record<string, NativeSymbol>>> = {
  readonly [K in keyof S]: (
    ...args: NativeParameters<S[K]["parameters"]>
  ) => NativeValue<S[K]["result"]>;
};

/** A program to start, as the leader of a process group, in "/", with nothing to read. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  /** The whole of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes what it writes, to either output. */
  output(bytes: Uint8Array): void;
}

/** A program that runs. */
export interface Child {
  /** Its process group has the same number. */
  readonly pid: number;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Resolves when nobody holds its outputs any more. */
  readonly closed: Promise<void>;
  /** Listens to its outputs no more. */
  leave(): void;
}

export interface Platform {
  readonly name: "deno" | "bun";
  /**
   * Writes to standard error on a thread of its own, so that a pipe nobody reads holds up nothing
   * else. Resolves with how many octets were taken; rejects with the system's error and its `code`.
   * One call at a time; until it settles it keeps the process alive and `bytes` unchanged.
   */
  writeError(bytes: Uint8Array): Promise<number>;
  /**
   * Opens a shared library by file name or absolute path and binds the symbols. Calls block the
   * calling thread. Throws when the library or one symbol is missing or may not be opened.
   */
  dlopen<const S extends Readonly<Record<string, NativeSymbol>>>(
    library: string,
    symbols: S,
  ): NativeCalls<S>;
  /** Starts a program, without a shell, behind a chroot, too. Rejects where that cannot be. */
  start(program: Program): Promise<Child>;
}
