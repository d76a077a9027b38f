// The main thread's end of the worker's uploads: what the courier brings goes to the disk.
import type { Upload, Uploads } from "../../storage/upload.ts";
import type { FromWorker, UploadEvent } from "./messages.ts";

type Errand = Extract<FromWorker, { readonly id: number }>;

interface Desk {
  readonly upload: Upload;
  /** Octets that were taken while the queue was full: their room is returned when it drains. */
  held: number;
}

/** Serves one worker. */
export class UploadDesk {
  readonly #uploads: () => Uploads;
  readonly #tell: (id: number, event: UploadEvent) => void;
  readonly #desks = new Map<number, Desk>();

  /** `uploads` gives those of the configuration in force when an upload begins. */
  constructor(uploads: () => Uploads, tell: (id: number, event: UploadEvent) => void) {
    this.#uploads = uploads;
    this.#tell = tell;
  }

  serve(errand: Errand) {
    if (errand.kind === "upload-begin") return this.#begin(errand);
    const desk = this.#desks.get(errand.id);
    if (desk === undefined) return;
    switch (errand.kind) {
      case "upload-bytes":
        if (desk.upload.write(errand.bytes)) this.#taken(errand.id, errand.bytes.length);
        else desk.held += errand.bytes.length;
        return;
      case "upload-commit":
        return desk.upload.commit();
      case "upload-abort":
        this.#desks.delete(errand.id);
        return desk.upload.abort();
    }
  }

  /** Gives up what the worker has not finished. */
  close() {
    for (const { upload } of this.#desks.values()) upload.abort();
    this.#desks.clear();
  }

  #begin({ id, request }: Extract<Errand, { kind: "upload-begin" }>) {
    const ended = (event: UploadEvent) => {
      this.#desks.delete(id);
      this.#tell(id, event);
    };
    const upload = this.#uploads().begin(request, {
      opened: () => this.#tell(id, { kind: "opened" }),
      drained: () => this.#drained(id),
      committed: () => ended({ kind: "committed" }),
      failed: (refusal) => ended({ kind: "failed", refusal }),
    });
    this.#desks.set(id, { upload, held: 0 });
  }

  #drained(id: number) {
    const desk = this.#desks.get(id);
    if (desk === undefined) return;
    const { held } = desk;
    desk.held = 0;
    this.#taken(id, held);
  }

  #taken(id: number, bytes: number) {
    this.#tell(id, { kind: "taken", bytes });
  }
}
