// Uploads into a map, with the delays of a disk in virtual time. A commit makes the file appear.
import type { Refusal } from "../../src/resolve/refusal.ts";
import type { Upload, UploadEvents, UploadRequest, Uploads } from "../../src/storage/upload.ts";
import type { World } from "./world.ts";

export interface SimulatedUploadsOptions {
  readonly world: World;
  readonly files: Map<string, Uint8Array>;
  /** How long the disk takes to open and to commit. */
  readonly diskMs: number;
}

export class SimulatedUploads implements Uploads {
  /** The next uploads fail so, when they are opened or when they are committed. */
  refuseOpen: Refusal | null = null;
  refuseCommit: Refusal | null = null;
  /** What is written waits until `catchUp`. */
  isBehind = false;
  /** Uploads begun and neither committed, failed nor aborted. */
  running = 0;
  readonly #options: SimulatedUploadsOptions;
  readonly #waiting: (() => void)[] = [];

  constructor(options: SimulatedUploadsOptions) {
    this.#options = options;
  }

  begin(request: UploadRequest, events: UploadEvents): Upload {
    const { files } = this.#options;
    const pieces: Uint8Array[] = [];
    let ended = false;
    const end = () => {
      if (!ended) this.running--;
      ended = true;
    };
    this.running++;
    this.#later(() => {
      if (ended) return;
      if (this.refuseOpen === null) return events.opened();
      end();
      events.failed(this.refuseOpen);
    });
    return {
      write: (bytes) => {
        pieces.push(bytes.slice());
        if (this.isBehind) this.#waiting.push(() => events.drained());
        return !this.isBehind;
      },
      commit: () =>
        this.#later(() => {
          if (ended) return;
          end();
          if (this.refuseCommit !== null) return events.failed(this.refuseCommit);
          files.set(request.name, concatenated(pieces));
          events.committed();
        }),
      abort: end,
    };
  }

  /** The disk has taken all that was written. */
  catchUp() {
    this.isBehind = false;
    for (const drained of this.#waiting.splice(0)) drained();
  }

  #later(act: () => void) {
    const { world, diskMs } = this.#options;
    world.schedule(world.now + diskMs, act);
  }
}

function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
