// An upload under way, and promises for what becomes of it.
import assert from "node:assert/strict";
import type { Refusal } from "../../src/resolve/refusal.ts";
import { createDiskUploads } from "../../src/storage/disk_uploads.ts";
import type { DiskUploadOptions } from "../../src/storage/upload_tree.ts";
import type { Upload, Uploads } from "../../src/storage/upload.ts";
import { fileName } from "./store_suite.ts";
import type { TempTree } from "./temp_tree.ts";

/** Begins an upload and notes its events. */
export class Writer {
  readonly upload: Upload;
  readonly events: string[] = [];
  readonly opened: Promise<void>;
  readonly ended: Promise<Refusal | null>;
  drained = () => {};

  constructor(
    uploads: Uploads,
    { name, size = null, root, client = "192.0.2.1" }: {
      name: string;
      size?: number | null;
      root?: string;
      client?: string;
    },
  ) {
    const opened = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<Refusal | null>();
    this.opened = opened.promise;
    this.ended = ended.promise;
    const where = root === undefined ? {} : { root };
    const request = { name: fileName(name), size, client, ...where };
    this.upload = uploads.begin(request, {
      opened: () => this.#note("opened", opened.resolve),
      drained: () => this.#note("drained", this.drained),
      committed: () => this.#note("committed", () => ended.resolve(null)),
      failed: (refusal) => {
        this.#note(`failed: ${refusal.kind}`, () => ended.resolve(refusal));
        opened.resolve();
      },
    });
    assert.deepEqual(this.events, [], "no event comes inside the call");
  }

  #note(event: string, then: () => void) {
    this.events.push(event);
    then();
  }
}

/** Uploads into a tree, without limits unless they are given. */
export function diskUploads(tree: TempTree, options: Partial<DiskUploadOptions> = {}): Uploads {
  return createDiskUploads({
    root: tree.root,
    symlinks: "inside",
    create: true,
    overwrite: true,
    sizeBytesMax: 0,
    requireWorldReadable: false,
    caseInsensitive: false,
    now: () => 0,
    ...options,
  });
}

/** What became of an upload of `content`: null if it was committed. */
export async function put(
  uploads: Uploads,
  name: string,
  { content = "new", root }: { content?: string; root?: string } = {},
): Promise<Refusal | null> {
  const writer = new Writer(uploads, { name, ...(root === undefined ? {} : { root }) });
  writer.upload.write(new TextEncoder().encode(content));
  writer.upload.commit();
  return await writer.ended;
}
