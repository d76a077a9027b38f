// Where sent bytes come from: a regular file as it is, or a spool for what has to be translated to
// netascii or read from a pipe, because a sender goes back and must know the end.
import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "../net/driver.ts";
import { NetasciiEncoder } from "../wire/netascii.ts";
import { faultText, shown } from "./text.ts";

/** A file that is being sent. */
export interface Upload {
  /** The octets as they go on the wire. `fd` is null, so that `read` sees all that is sent. */
  readonly source: Source;
  /** Octets of the file itself. */
  readonly fileBytes: number;
  /** SHA-256 of the file, in hexadecimal; call it once, after all was sent. */
  digest(): string;
  /** Closes and removes what was opened and made. */
  close(): void;
}

export interface UploadOptions {
  /** A path, or "-" for standard input. */
  readonly file: string;
  readonly mode: "octet" | "netascii";
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** Opens what is to be sent. Faults come back as a message. */
export async function openUpload(options: UploadOptions): Promise<Upload | string> {
  const { file, mode, stdin } = options;
  try {
    if (file === "-") return await spool(stdin, mode);
    // Opening a named pipe would wait for somebody to write. Those of `put <(command)` are open.
    if (statSync(file).isFIFO() && !file.startsWith("/dev/")) {
      return `Cannot read ${shown(file)}: it is a pipe; send it as standard input, "-"`;
    }
    const descriptor = openSync(file, "r");
    const stat = fstatSync(descriptor);
    if (mode === "octet" && stat.isFile()) return new FileUpload(descriptor, stat.size);
    closeSync(descriptor);
    if (stat.isDirectory()) return `Cannot read ${shown(file)}: it is a directory`;
    return await spool(createReadStream(file), mode);
  } catch (error) {
    return `Cannot read ${shown(file)}: ${faultText(error)}`;
  }
}

/** Reads a regular file and digests what goes by for the first time. */
class FileUpload implements Upload {
  readonly source: Source;
  readonly fileBytes: number;
  readonly #descriptor: number;
  readonly #hash = createHash("sha256");
  #hashedBytes = 0;

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.fileBytes = size;
    this.source = { size, fd: null, read: (offset, into) => this.#read(offset, into) };
  }

  digest(): string {
    return this.#hash.digest("hex");
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #read(offset: number, into: Uint8Array): number {
    const got = readSync(this.#descriptor, into, 0, into.length, offset);
    const known = this.#hashedBytes - offset;
    if (known >= 0 && known < got) {
      this.#hash.update(into.subarray(known, got));
      this.#hashedBytes = offset + got;
    }
    return got;
  }
}

/** Writes a stream to a temporary file as it will go on the wire, then sends that. */
async function spool(
  stream: AsyncIterable<Uint8Array>,
  mode: "octet" | "netascii",
): Promise<Upload> {
  const directory = mkdtempSync(join(tmpdir(), "bootsrv-put-"));
  const descriptor = openSync(join(directory, "spool"), "w+");
  const close = () => {
    closeSync(descriptor);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const hash = createHash("sha256");
    const { fileBytes, wireBytes } = await fill({ descriptor, stream, mode, hash });
    const read = (offset: number, into: Uint8Array) =>
      readSync(descriptor, into, 0, into.length, offset);
    const source: Source = { size: wireBytes, fd: null, read };
    return { source, fileBytes, digest: () => hash.digest("hex"), close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Filling {
  readonly descriptor: number;
  readonly stream: AsyncIterable<Uint8Array>;
  readonly mode: "octet" | "netascii";
  readonly hash: Hash;
}

async function fill({ descriptor, stream, mode, hash }: Filling) {
  const encoder = new NetasciiEncoder();
  let fileBytes = 0;
  let wireBytes = 0;
  for await (const piece of stream) {
    hash.update(piece);
    fileBytes += piece.length;
    wireBytes += mode === "octet"
      ? writeWhole(descriptor, piece)
      : writeEncoded(descriptor, piece, encoder);
  }
  return { fileBytes, wireBytes };
}

/** Every piece is encoded to its last octet, so no half of a pair waits for the next one. */
function writeEncoded(descriptor: number, piece: Uint8Array, encoder: NetasciiEncoder): number {
  const encoded = new Uint8Array(piece.length * 2);
  return writeWhole(descriptor, encoded.subarray(0, encoder.encode(piece, encoded).written));
}

function writeWhole(descriptor: number, bytes: Uint8Array): number {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes.subarray(done));
  return bytes.length;
}
