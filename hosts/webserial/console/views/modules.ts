// Modules that a person asks for. From this page's own origin only: the policy of the page says so too, where it has one.

/** Throws an error with a sentence for people. */
export async function loadModule(address: string): Promise<unknown> {
  const url = addressOf(address);
  if (url.origin !== location.origin) throw new Error(`${url.href} is on another site; put the module on this one`);
  try {
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ url.href)) as unknown;
  } catch (error) {
    throw new Error(`${url.pathname} cannot be loaded: ${(error as Error).message}`, { cause: error });
  }
}

/** Made in the page, as blob: and data: are, there is nothing to load. */
function addressOf(address: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(address, document.baseURI);
  } catch {
    // Said below.
  }
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw new Error(`${address} is not an address on this site; they are such as ./plugin.js`);
}
