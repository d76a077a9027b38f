// The lines of the log on their way out, written one piece at a time, so that an output which is
// not read holds up nobody. What does not fit into the queue is lost, counted and admitted later.

/** Where octets go; resolves with how many were taken, rejects with the system's error. */
export type Outlet = (bytes: Uint8Array) => Promise<number>;

/** The line that admits how many lines are missing in its place; whole, with the newline. */
export type LossNote = (lines: number) => string;

export interface LogQueueOptions {
  readonly outlet: Outlet;
  /** Once so many characters wait, lines are lost until half of them have gone. */
  readonly waitingCharsMax: number;
  /** Resolves when an outlet that had no room (EAGAIN) is to be tried again. */
  pause(): Promise<void>;
}

/** Written at once; a runtime copies that much for each call. */
const PIECE_CHARS_MIN = 64 * 1024;
const NEWLINE = 0x0a;

interface Waiting {
  readonly text: string;
  /** Lines that are missing without it. */
  readonly lines: number;
}

/** A queue of lines; nothing that it does throws or rejects. */
export class LogQueue {
  readonly #options: LogQueueOptions;
  #waiting: Waiting[] = [];
  #waitingChars = 0;
  #lostLines = 0;
  #lossNote: LossNote = () => "";
  /** What was taken last broke off within a line. */
  #endsMidLine = false;
  /** Resolves when nothing waits; null while nothing is being written. */
  #writing: Promise<void> | null = null;

  constructor(options: LogQueueOptions) {
    this.#options = options;
  }

  /** Takes one or more whole lines, or loses them. */
  push(text: string, lossNote: LossNote): void {
    this.#lossNote = lossNote;
    const lines = text.split("\n").length - 1;
    // What was broken may have been mended, as a named pipe is by its next reader.
    if (this.#writing === null && this.#lostLines > 0) this.#admitLoss();
    if (this.#lostLines > 0 || this.#waitingChars >= this.#options.waitingCharsMax) {
      this.#lostLines += lines;
      return;
    }
    this.#add({ text, lines });
    this.#writing ??= this.#write();
  }

  /** Resolves when nothing waits any more: it is written, or lost. */
  async emptied(): Promise<void> {
    await this.#writing;
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingChars += waiting.text.length;
  }

  #admitLoss(): void {
    const lines = this.#lostLines;
    this.#lostLines = 0;
    this.#add({ text: this.#lossNote(lines), lines });
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const piece = this.#takePiece();
      if (await this.#send(this.#endsMidLine ? `\n${piece.text}` : piece.text)) {
        const hasRoom = this.#waitingChars * 2 <= this.#options.waitingCharsMax;
        if (this.#lostLines > 0 && hasRoom) this.#admitLoss();
      } else {
        // It is broken: the rest would fare no better.
        this.#lostLines += this.#waiting.reduce((sum, { lines }) => sum + lines, piece.lines);
        this.#waiting = [];
        this.#waitingChars = 0;
      }
    }
    this.#writing = null;
  }

  #takePiece(): Waiting {
    let [text, lines, count] = ["", 0, 0];
    for (; count < this.#waiting.length && text.length < PIECE_CHARS_MIN; count++) {
      text += this.#waiting[count]!.text;
      lines += this.#waiting[count]!.lines;
    }
    this.#waiting.splice(0, count);
    this.#waitingChars -= text.length;
    return { text, lines };
  }

  /** False where the outlet is broken. */
  async #send(text: string): Promise<boolean> {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) {
      try {
        const taken = await this.#options.outlet(bytes.subarray(sent));
        if (taken === 0) return false;
        sent += taken;
        this.#endsMidLine = bytes[sent - 1] !== NEWLINE;
      } catch (error) {
        if ((error as { code?: string }).code !== "EAGAIN") return false;
        await this.#options.pause();
      }
    }
    return true;
  }
}
