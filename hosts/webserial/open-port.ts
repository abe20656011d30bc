// Opening a port: browsers may never answer.

import type { CallSignal } from "../../plugins/api.ts";
import { lossError, openError } from "./failures.ts";
import type { SerialPortLike, SerialSettings } from "./types.ts";

/**
 * Opens a port, unless its device goes or the signal aborts meanwhile: one that is opened all the same is closed then. Throws
 * what went wrong in words for people, or the signal's reason.
 */
export async function openPort(
  port: SerialPortLike,
  settings: SerialSettings & { readonly baudRate: number },
  signal: CallSignal | undefined,
): Promise<void> {
  let stop = (): void => {};
  const stopped = new Promise<false>((resolve) => (stop = () => resolve(false)));
  port.addEventListener("disconnect", stop);
  signal?.addEventListener("abort", stop);
  const open = async (): Promise<void> => port.open(settings);
  const opening = open();
  try {
    if (await Promise.race([opening.then(() => true), stopped])) return;
  } catch (error) {
    throw openError(error, port);
  } finally {
    port.removeEventListener("disconnect", stop);
    signal?.removeEventListener("abort", stop);
  }
  void opening.then(() => port.close()).catch(() => {});
  signal?.throwIfAborted();
  throw lossError(port);
}
