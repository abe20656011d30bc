// Numbers that no reply on the channel can bear by chance: not those of earlier programs, not our own of before.

/** What any JSON library can compare: ids go up to it (PROTOCOL 8.4). */
const MOST = Number.MAX_SAFE_INTEGER;

const STEP_BITS = 21;

/** Integers from 1 to 2^53 - 1. They start anywhere and go up by random steps, so that none comes twice in 2^32. */
export class Ids {
  private last = random(53);

  next(): number {
    const next = this.last + 1 + random(STEP_BITS);
    this.last = next > MOST ? next - MOST : next;
    return this.last;
  }
}

/** A text that this run has made, and no other. */
export function randomPrefix(): string {
  return random(53).toString(36);
}

/** A random integer of so many bits. */
function random(bits: number): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return Math.floor((high * 2 ** 21 + (low >>> 11)) / 2 ** (53 - bits));
}
