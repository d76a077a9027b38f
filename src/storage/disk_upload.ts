// One upload on its way to the disk: a bounded queue in front, one loop behind that opens, writes
// in order, syncs and renames. All events come from that loop, so none comes inside a call.
import { quoted } from "../match/quoted.ts";
import type { Refusal } from "../resolve/refusal.ts";
import { type DiskTarget, findTarget } from "./disk_target.ts";
import { isPartName } from "./part_names.ts";
import type { Hold, Quota } from "./quota.ts";
import { stage, type Staged } from "./staging.ts";
import type { Upload, UploadEvents, UploadRequest } from "./upload.ts";
import { refusalOf, UploadFault } from "./upload_fault.ts";
import type { UploadTree } from "./upload_tree.ts";

/** Octets waiting for the disk, from which on the writer is told to wait. */
export const QUEUE_BYTES_MAX = 4 * 1024 * 1024;
/** Octets given to the disk in one call. */
const WRITE_BYTES_MAX = 1024 * 1024;

/** A client that was silent for so long and begins anew has given up what it began before. */
export const SILENT_MS = 3_000;

/** What an upload is made from. */
export interface DiskUploadParts {
  readonly tree: UploadTree;
  /** Null where there is no limit. */
  readonly quota: Quota | null;
  readonly request: UploadRequest;
  readonly events: UploadEvents;
}

// Real path of each file being written, and its writer: one list for the whole process, as uploads
// that began before a reload of the config go on beside later ones.
const writers = new Map<string, DiskUpload>();

/** See `Upload`. `start` is called once, by whoever made it. */
export class DiskUpload implements Upload {
  readonly #tree: UploadTree;
  readonly #quota: Quota | null;
  readonly #request: UploadRequest;
  readonly #events: UploadEvents;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #receivedBytes = 0;
  #heardAtMs: number;
  /** The writer was told to wait. */
  #full = false;
  #phase: "writing" | "committing" | "aborted" = "writing";
  #failure: UploadFault | null = null;
  #wake: () => void = () => {};
  #target: DiskTarget | null = null;
  #staged: Staged | null = null;
  #hold: Hold | null = null;

  constructor({ tree, quota, request, events }: DiskUploadParts) {
    this.#tree = tree;
    this.#quota = quota;
    this.#request = request;
    this.#events = events;
    this.#heardAtMs = tree.options.now();
  }

  /** Begins; `opened` or `failed` follows. */
  start(): void {
    void this.#run();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#phase !== "writing" || this.#failure !== null) return true;
    this.#receivedBytes += bytes.length;
    this.#heardAtMs = this.#tree.options.now();
    const max = this.#tree.options.sizeBytesMax;
    if (max > 0 && this.#receivedBytes > max) {
      return this.#overrun(new UploadFault("too-large", `More than the ${max} octets allowed`));
    }
    if (this.#quota !== null && this.#hold?.grow(this.#receivedBytes) === false) {
      return this.#overrun(this.#quota.fault());
    }
    this.#queue.push(bytes.slice());
    this.#queuedBytes += bytes.length;
    this.#full = this.#queuedBytes >= QUEUE_BYTES_MAX;
    this.#wake();
    return !this.#full;
  }

  #overrun(failure: UploadFault): true {
    this.#failure = failure;
    this.#wake();
    return true;
  }

  commit(): void {
    if (this.#phase === "writing") this.#phase = "committing";
    this.#wake();
  }

  abort(): void {
    this.#phase = "aborted";
    // At once, not when the disk has answered: the client may be trying again already.
    this.#hold?.release();
    this.#unlock();
    this.#wake();
  }

  async #run(): Promise<void> {
    let refusal: Refusal | null = null;
    try {
      await this.#open();
      if (!this.#aborted) this.#events.opened();
      await this.#store();
      await this.#publish();
    } catch (error) {
      refusal = refusalOf(error);
    }
    await this.#leave();
    if (this.#aborted) return;
    if (refusal === null) this.#events.committed();
    else this.#events.failed(refusal);
  }

  /** Ends this upload if its client has fallen silent and begins anew; true if so. */
  #givesWay(client: string): boolean {
    const isSilent = this.#phase === "writing" && this.#queue.length === 0 &&
      this.#tree.options.now() >= this.#heardAtMs + SILENT_MS;
    if (!isSilent || client !== this.#request.client) return false;
    const detail = `${quoted(this.#target!.path)} is sent anew by ${client}`;
    this.#failure = new UploadFault("being-written", detail);
    this.#hold?.release();
    this.#unlock();
    this.#wake();
    return true;
  }

  // The phase changes during each `await`, which narrowing by the compiler does not see.
  get #aborted(): boolean {
    return this.#phase === "aborted";
  }

  async #open(): Promise<void> {
    const { name, size } = this.#request;
    const { sizeBytesMax } = this.#tree.options;
    if (isPartName(name)) throw new UploadFault("forbidden", `${quoted(name)} is kept for uploads`);
    if (size !== null && sizeBytesMax > 0 && size > sizeBytesMax) {
      throw new UploadFault("too-large", `${size} octets announced, ${sizeBytesMax} allowed`);
    }
    const target = await findTarget(this.#tree, { name, size });
    if (this.#aborted) return;
    const other = writers.get(target.path);
    if (other !== undefined && !other.#givesWay(this.#request.client)) {
      const who = other.#request.client;
      throw new UploadFault("being-written", `${quoted(target.path)} is being written by ${who}`);
    }
    writers.set(target.path, this);
    this.#target = target;
    if (this.#quota !== null) {
      const keeps = target.existing === null || this.#tree.options.overwrite === "version";
      const replacedBytes = keeps ? 0 : target.existing.size;
      this.#hold = await this.#quota.hold({ bytes: size ?? 0, replacedBytes });
      // A writer need not wait for word before it gives its first octets.
      if (!this.#hold.grow(this.#receivedBytes)) throw this.#quota.fault();
    }
    this.#staged = await stage(this.#tree, target);
  }

  async #store(): Promise<void> {
    while (!this.#aborted) {
      if (this.#failure !== null) throw this.#failure;
      const bytes = this.#take();
      if (bytes !== null) await this.#staged?.write(bytes);
      else if (this.#phase === "committing") break;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Octets for one write, or null if none wait. */
  #take(): Uint8Array | null {
    if (this.#queue.length === 0) return null;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (const chunk of this.#queue) {
      if (length > 0 && length + chunk.length > WRITE_BYTES_MAX) break;
      chunks.push(chunk);
      length += chunk.length;
    }
    this.#queue = this.#queue.slice(chunks.length);
    this.#queuedBytes -= length;
    if (this.#full && this.#queuedBytes < QUEUE_BYTES_MAX / 2) {
      this.#full = false;
      this.#events.drained();
    }
    return chunks.length === 1 ? chunks[0] as Uint8Array : Buffer.concat(chunks);
  }

  async #publish(): Promise<void> {
    if (this.#aborted || this.#staged === null) return;
    await this.#staged.publish();
    this.#hold?.settle();
  }

  /** Whatever became of it: nothing stays open, locked or half done. */
  async #leave(): Promise<void> {
    this.#queue = [];
    await this.#staged?.discard();
    this.#hold?.release();
    this.#unlock();
  }

  #unlock() {
    const path = this.#target?.path;
    if (path !== undefined && writers.get(path) === this) writers.delete(path);
  }
}
