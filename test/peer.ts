// Peers that tests play, and what they say and hear.

export { Peer } from "guestwire/testing";
export { FLUSHED, generic, sync, synced } from "../hosts/common/testing/words.ts";

/** A text in pieces of these lengths, over and over. */
export function* cut(text: string, lengths: readonly number[]): Generator<string> {
  for (let at = 0, n = 0; at < text.length; n++) {
    const length = lengths[n % lengths.length] ?? text.length;
    yield text.slice(at, at + length);
    at += length;
  }
}
