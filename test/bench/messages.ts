// The bytes that the benchmark sends in this process, and what has to come back.

/** Bytes on their way to an agent, in the chunks in which they come, and the replies that they draw. */
export interface Message {
  readonly chunks: readonly Uint8Array[];
  readonly reply: string;
}

const encoder = new TextEncoder();

/** Five digits make it 50 bytes. */
const FIRST_ID = 10_000;

function sync(id: number): string {
  return `{"execute":"guest-sync","arguments":{"id":${id}}}\n`;
}

function synced(id: number): string {
  return `{"return": ${id}}\n`;
}

/** Requests of 50 bytes, one each; all different, as they are in life. */
export function shortMessages(count: number): Message[] {
  return Array.from({ length: count }, (_, n) => ({
    chunks: [encoder.encode(sync(FIRST_ID + n))],
    reply: synced(FIRST_ID + n),
  }));
}

/** So many of these requests in one chunk. */
export function burstMessage(count: number): Message {
  const ids = Array.from({ length: count }, (_, n) => FIRST_ID + n);
  return { chunks: [encoder.encode(ids.map(sync).join(""))], reply: ids.map(synced).join("") };
}

/**
 * A request with a string of so many bytes in chunks of `chunkBytes`. The string is where an integer is wanted, so that it
 * is read to its end and draws a short reply.
 */
export function stringMessage(stringBytes: number, chunkBytes: number): Message {
  const bytes = encoder.encode(`{"execute":"guest-sync","arguments":{"id":"${"s".repeat(stringBytes)}"}}\n`);
  return {
    chunks: cut(bytes, chunkBytes),
    reply: `{"error": {"class": "GenericError", "desc": "Invalid parameter type for 'id', expected: integer"}}\n`,
  };
}

/** Bytes in chunks of this size. */
export function cut(bytes: Uint8Array, chunkBytes: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, n) =>
    bytes.subarray(n * chunkBytes, (n + 1) * chunkBytes),
  );
}
