// How much is drawn, and from which seed: GW_RUNS sessions from GW_SEED, which is printed when it is not set.

/** Sessions that a property is to see. */
export const RUNS = number("GW_RUNS", 20_000);

/** The seed of everything that is drawn. */
export const SEED = number("GW_SEED", Math.floor(Math.random() * 0x7fffffff));

function number(name: string, standard: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return standard;
  if (!/^-?\d+$/.test(text)) throw new Error(`${name} must be an integer, not '${text}'`);
  return Number(text);
}
