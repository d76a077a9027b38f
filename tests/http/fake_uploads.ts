// Uploads into a map, steered by the test: how large the queue is, what fails and when.
import type { Refusal } from "../../src/resolve/refusal.ts";
import type { Upload, UploadEvents, UploadRequest, Uploads } from "../../src/storage/upload.ts";

/** Uploads that a test can hold up, fail and look into. */
export interface FakeUploads extends Uploads {
  /** Set to refuse the next uploads when they open. */
  refusal: Refusal | null;
  /** Set to fail an upload once it has this many octets. */
  failsAt: { readonly bytes: number; readonly refusal: Refusal } | null;
  /** Octets after which a write says that the queue is full, until the next turn of the loop. */
  queueBytes: number;
  /** Writes that came although the queue was full. */
  overruns: number;
  /** Names of uploads that are open. */
  readonly open: Set<string>;
  readonly aborted: string[];
  readonly requests: UploadRequest[];
}

/** Uploads that appear in `tree` when they are committed. */
export function createFakeUploads(tree: Map<string, Uint8Array>): FakeUploads {
  const fake: FakeUploads = {
    refusal: null,
    failsAt: null,
    queueBytes: Infinity,
    overruns: 0,
    open: new Set(),
    aborted: [],
    requests: [],
    begin(request, events) {
      fake.requests.push(request);
      const upload = createUpload(fake, { tree, request, events });
      setImmediate(() => {
        if (fake.aborted.includes(request.name)) return;
        if (fake.refusal !== null) return events.failed(fake.refusal);
        fake.open.add(request.name);
        events.opened();
      });
      return upload;
    },
  };
  return fake;
}

interface Parts {
  readonly tree: Map<string, Uint8Array>;
  readonly request: UploadRequest;
  readonly events: UploadEvents;
}

function createUpload(fake: FakeUploads, { tree, request, events }: Parts): Upload {
  const pieces: Uint8Array[] = [];
  let [bytes, queued, isFull, isOver] = [0, 0, false, false];
  return {
    write(piece) {
      if (isFull) fake.overruns += 1;
      pieces.push(piece.slice());
      bytes += piece.byteLength;
      queued += piece.byteLength;
      if (fake.failsAt !== null && bytes >= fake.failsAt.bytes && !isOver) {
        const { refusal } = fake.failsAt;
        isOver = true;
        fake.open.delete(request.name);
        setImmediate(() => events.failed(refusal));
      }
      isFull = queued > fake.queueBytes;
      if (isFull) {
        setTimeout(() => {
          [queued, isFull] = [0, false];
          events.drained();
        }, 1);
      }
      return !isFull;
    },
    commit() {
      if (isOver) return;
      setImmediate(() => {
        tree.set(request.name, Buffer.concat(pieces));
        fake.open.delete(request.name);
        events.committed();
      });
    },
    abort() {
      fake.open.delete(request.name);
      fake.aborted.push(request.name);
    },
  };
}
