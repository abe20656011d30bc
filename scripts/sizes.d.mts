/** Name, bytes and gzipped bytes of what people ask for first. */
export function sizes(): Promise<{ name: string; bytes: number; gzip: number }[]>;
/** Prints them. */
export function printSizes(): Promise<void>;
