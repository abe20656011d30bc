// What goes over the wire in tests, one character for each byte.

/** A flush and a delimited sync, as clients begin. */
export function sync(id: number | bigint): string {
  return `\xff{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n`;
}

/** The end of the answer to it. */
export function synced(id: number | bigint): string {
  return `\xff{"return": ${id}}\n`;
}

/** The error reply with this description, as the wire has it. */
export function generic(desc: string): string {
  return `{"error": {"class": "GenericError", "desc": "${desc}"}}\n`;
}

/** What 0xFF draws from an agent in its starting state. */
export const FLUSHED = generic("JSON parse error, stray '\\uFFFD'");
