// Uploads as the TFTP worker sees them: octets go to the main thread, which writes and syncs,
// so that a slow disk never holds up a packet.
import type { Upload, UploadEvents, UploadRequest, Uploads } from "../../storage/upload.ts";
import type { FromWorker, UploadEvent } from "./messages.ts";

/** Octets collected before they are posted: lock-step uploads come in pieces of 512. */
const PARCEL_BYTES = 65_536;
/** Octets under way to the main thread, for each upload. */
const QUEUE_BYTES_MAX = 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** The worker's end of all uploads. */
export class UploadCourier implements Uploads {
  readonly #post: (message: FromWorker) => void;
  readonly #parcels = new Map<number, Parcels>();
  #lastId = 0;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  begin(request: UploadRequest, events: UploadEvents): Upload {
    const id = ++this.#lastId;
    const parcels = new Parcels({ id, events, post: this.#post, ended: () => this.#end(id) });
    this.#parcels.set(id, parcels);
    this.#post({ kind: "upload-begin", id, request });
    return parcels;
  }

  /** Takes word from the main thread; what comes for an upload that has ended is dropped. */
  deliver(id: number, event: UploadEvent) {
    const parcels = this.#parcels.get(id);
    if (event.kind === "committed" || event.kind === "failed") this.#end(id);
    parcels?.deliver(event);
  }

  #end(id: number) {
    this.#parcels.delete(id);
  }
}

interface ParcelsOptions {
  readonly id: number;
  readonly events: UploadEvents;
  readonly post: (message: FromWorker) => void;
  readonly ended: () => void;
}

class Parcels implements Upload {
  readonly #options: ParcelsOptions;
  #parcel = new Uint8Array(PARCEL_BYTES);
  #filled = 0;
  #underWay = 0;
  #full = false;

  constructor(options: ParcelsOptions) {
    this.#options = options;
  }

  write(bytes: Uint8Array): boolean {
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + PARCEL_BYTES - this.#filled);
      this.#parcel.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === PARCEL_BYTES) this.#flush();
    }
    this.#full = this.#underWay > QUEUE_BYTES_MAX;
    return !this.#full;
  }

  commit() {
    this.#flush();
    this.#parcel = NOTHING; // What has been sent may stay for a while, to repeat its last ACK.
    this.#options.post({ kind: "upload-commit", id: this.#options.id });
  }

  abort() {
    this.#options.ended();
    this.#options.post({ kind: "upload-abort", id: this.#options.id });
  }

  deliver(event: UploadEvent) {
    const { events } = this.#options;
    switch (event.kind) {
      case "opened":
        return events.opened();
      case "committed":
        return events.committed();
      case "failed":
        return events.failed(event.refusal);
      case "taken":
        this.#underWay -= event.bytes;
        if (!this.#full || this.#underWay > QUEUE_BYTES_MAX / 2) return;
        this.#full = false;
        return events.drained();
    }
  }

  #flush() {
    if (this.#filled === 0) return;
    const bytes = this.#parcel.slice(0, this.#filled);
    this.#underWay += this.#filled;
    this.#filled = 0;
    this.#options.post({ kind: "upload-bytes", id: this.#options.id, bytes });
  }
}
