// Bytes as people read them: hex, and text in which what is no plain ASCII shows.

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Pairs of digits with a blank, or something else, between them. */
export function hexOf(bytes: Uint8Array, between = " "): string {
  return Array.from(bytes, (byte) => HEX[byte]).join(between);
}

/** One character each: printable ASCII as it is, the controls that JSON text has as arrows, a dot for the others. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += charOf(byte);
  return text;
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
