// A name that the wasm engine's typings need and Node's type library lacks.

declare namespace WebAssembly {
  class Module {
    private constructor();
  }
}
