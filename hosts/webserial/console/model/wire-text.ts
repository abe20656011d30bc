// Bytes as people read them: hex, and text in which what is no plain ASCII shows.

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const UTF_16 = new TextDecoder("utf-16le");

/** The two digits of each byte, and the character that stands for it. */
const DIGITS = ENCODER.encode(Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join(""));
const CHARS = Uint16Array.from({ length: 256 }, (_, byte) => charOf(byte).charCodeAt(0));

/** Pairs of digits with a blank, or nothing, between them. */
export function hexOf(bytes: Uint8Array, between: " " | "" = " "): string {
  const width = 2 + between.length;
  const text = new Uint8Array(width * bytes.length).fill(0x20);
  for (let i = 0; i < bytes.length; i++) {
    const digits = 2 * (bytes[i] as number);
    text[width * i] = DIGITS[digits] as number;
    text[width * i + 1] = DIGITS[digits + 1] as number;
  }
  return DECODER.decode(text.subarray(0, Math.max(0, text.length - between.length)));
}

/** One character each: printable ASCII as it is, the controls that JSON text has as arrows, a dot for the others. */
export function textOf(bytes: Uint8Array): string {
  const text = new Uint16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) text[i] = CHARS[bytes[i] as number] as number;
  return UTF_16.decode(text);
}

function charOf(byte: number): string {
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  if (byte === 0x0a) return "↵";
  if (byte === 0x0d) return "↤";
  return byte === 0x09 ? "⇥" : "·";
}

/** Bytes that show alike: a run without 0xFF, or one 0xFF. */
export interface Run {
  readonly isSentinel: boolean;
  readonly bytes: Uint8Array;
}

/** The first `most` bytes, split so that each 0xFF is a run of its own. */
export function runsOf(bytes: Uint8Array, most: number): Run[] {
  const shown = bytes.subarray(0, most);
  const runs: Run[] = [];
  for (let from = 0; from < shown.length;) {
    const at = shown.indexOf(0xff, from);
    const to = at < 0 ? shown.length : at === from ? from + 1 : at;
    runs.push({ isSentinel: at === from, bytes: shown.subarray(from, to) });
    from = to;
  }
  return runs;
}

const LINE = 16;

/** The bytes in lines of 16: offset, hex, text. */
export function dumpOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let from = 0; from < bytes.length; from += LINE) {
    const line = bytes.subarray(from, from + LINE);
    const offset = from.toString(16).padStart(6, "0");
    lines.push(`${offset}  ${hexOf(line).padEnd(3 * LINE - 1)}  ${textOf(line)}`);
  }
  return lines.join("\n");
}

/** Hours to milliseconds, where the person is. */
export function timeOf(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}

/** With blanks between thousands, so that it is read at a glance. */
export function countOf(value: number): string {
  return String(value).replaceAll(/\B(?=(?:\d{3})+$)/g, "\u202f");
}
