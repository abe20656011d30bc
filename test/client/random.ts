// The random numbers of the client, from a seed: a session that went wrong can be played again byte for byte.

/** From now on `crypto.getRandomValues` gives the numbers of this seed. */
export function seedRandom(seed: number): void {
  let state = seed >>> 0;
  const next = (): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const fill = <Values extends ArrayBufferView | null>(values: Values): Values => {
    if (values instanceof Uint32Array) for (let i = 0; i < values.length; i++) values[i] = next();
    return values;
  };
  Object.defineProperty(crypto, "getRandomValues", { value: fill, configurable: true });
}
