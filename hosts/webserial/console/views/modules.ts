// Modules that a person asks for. From this page's own origin only: the policy of the page says so too, where it has one.

/** Throws an error with a sentence for people. */
export async function loadModule(address: string): Promise<unknown> {
  const url = new URL(address, document.baseURI);
  if (url.origin !== location.origin) throw new Error(`${url.href} is on another site; put the module on this one`);
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url.href)) as unknown;
  } catch (error) {
    throw new Error(`${url.pathname} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}
