// The way to a port: the browser's list, and its chooser.

import { chooserError, noChooser, noSerial } from "./failures.ts";
import type { SerialLike, SerialPortInfoLike, SerialPortLike } from "./types.ts";

/** Pages and workers have it; no type library that they share does. */
const scope = globalThis as unknown as {
  readonly isSecureContext?: boolean;
  readonly navigator?: { readonly serial?: SerialLike };
};

/** The browser's own; undefined where it has none. */
export function browserSerial(): SerialLike | undefined {
  return scope.navigator?.serial;
}

/**
 * Asks the person at the browser for a port. It must be called from a click or a key. It settles when the person has
 * answered; nothing else ends the question.
 *
 * @param filters the devices to offer, by their USB ids or the id of a Bluetooth service; all where there is none
 * @param serial in place of `navigator.serial`
 * @throws GuestwireError GW_ERR_UNSUPPORTED, GW_ERR_INSECURE, GW_ERR_FORBIDDEN, GW_ERR_NOT_CHOSEN, GW_ERR_LIMIT
 */
export async function requestPort(
  filters: readonly SerialPortInfoLike[] = [],
  serial: SerialLike | undefined = browserSerial(),
): Promise<SerialPortLike> {
  if (serial === undefined) throw noSerial(scope.isSecureContext !== false);
  if (serial.requestPort === undefined) throw noChooser();
  try {
    return await serial.requestPort({ filters: [...filters] });
  } catch (error) {
    throw chooserError(error);
  }
}
