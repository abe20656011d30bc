// Bytes to lines. An agent ends each reply with LF; the byte 0xFF makes whatever stands before it void (PROTOCOL 8.1).

const LF = 0x0a;
const SENTINEL = 0xff;
const NOTHING = new Uint8Array(0);

/** Takes what was read. */
export interface LineSink {
  /** A line without its LF, valid until the call returns. `delimited`: it began with 0xFF. */
  line(bytes: Uint8Array, delimited: boolean): void;
  /** 0xFF came; so many bytes of an unfinished line before it are dropped. */
  sentinel(dropped: number): void;
  /** A line is longer than it may be: it is dropped up to the next LF or 0xFF. */
  overlong(): void;
}

export class LineReader {
  /** Bytes of the line that is not yet complete. */
  pending = 0;
  private readonly most: number;
  private readonly sink: LineSink;
  private buffer = NOTHING;
  private delimited = false;
  private skipping = false;

  /** `most`: the bytes that a line may have. */
  constructor(most: number, sink: LineSink) {
    this.most = most;
    this.sink = sink;
  }

  read(bytes: Uint8Array): void {
    let lf = find(bytes, LF, 0);
    let sentinel = find(bytes, SENTINEL, 0);
    for (let from = 0; from < bytes.length;) {
      const end = Math.min(lf, sentinel);
      const part = bytes.subarray(from, end);
      from = end + 1;
      if (end === lf && end < bytes.length) {
        this.finish(part);
        lf = find(bytes, LF, from);
      } else {
        this.keep(part);
        if (end < bytes.length) {
          this.flush();
          sentinel = find(bytes, SENTINEL, from);
        }
      }
    }
  }

  /** Forgets the unfinished line: what comes is another channel's. */
  reset(): void {
    this.pending = 0;
    this.buffer = NOTHING;
    this.delimited = false;
    this.skipping = false;
  }

  /** The line ends with this part. */
  private finish(part: Uint8Array): void {
    let line = part;
    if (this.pending > 0 || part.length > this.most) {
      this.keep(part);
      line = this.buffer.subarray(0, this.pending);
    }
    const { delimited, skipping } = this;
    this.reset();
    if (!skipping) this.sink.line(line, delimited);
  }

  private keep(part: Uint8Array): void {
    if (this.skipping || part.length === 0) return;
    const size = this.pending + part.length;
    if (size > this.most) {
      this.reset();
      this.skipping = true;
      this.sink.overlong();
      return;
    }
    if (size > this.buffer.length) {
      const larger = new Uint8Array(Math.min(Math.max(size, this.buffer.length * 2), this.most));
      larger.set(this.buffer.subarray(0, this.pending));
      this.buffer = larger;
    }
    this.buffer.set(part, this.pending);
    this.pending = size;
  }

  private flush(): void {
    const dropped = this.pending;
    this.reset();
    this.delimited = true;
    this.sink.sentinel(dropped);
  }
}

/** Where the byte is next; the length where it is not there. */
function find(bytes: Uint8Array, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at < 0 ? bytes.length : at;
}
