// The build puts a module's bytes in place of an import of it.
declare module "*.wasm" {
  /** In base64. */
  const bytes: string;
  export default bytes;
}

// So with the lines of the corpus, as a list.
declare module "*.jsonl" {
  const cases: readonly import("./testing/corpus.ts").ConformanceCase[];
  export default cases;
}
