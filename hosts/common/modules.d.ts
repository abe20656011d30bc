// The build puts a module's bytes in place of an import of it.
declare module "*.wasm" {
  /** In base64. */
  const bytes: string;
  export default bytes;
}
