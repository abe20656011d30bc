// guestwire/core: the js engine.

export { js } from "./js-core.ts";
export type { Core } from "./core.ts";
