/** hosts/wasm/c/guestwire.h as it should be. */
export function headerText(): string;
