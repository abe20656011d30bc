// Bytes as text, one character for each.

/** As many as a call may have arguments. */
const PIECE = 4096;

export function toLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function fromLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += PIECE) {
    // Six times as fast as to spread them.
    text += String.fromCharCode.apply(null, bytes.subarray(from, from + PIECE) as unknown as number[]);
  }
  return text;
}
