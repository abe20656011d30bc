// Opening a character device, and what is said where that fails.

import { constants, openSync, statSync } from "node:fs";
import { GuestwireError } from "../common/index.ts";

/** Opens it for reading and writing, without waiting for anything. Throws GW_ERR_DEVICE with a line that says what to do. */
export function openDeviceFile(path: string, kind = "device"): number {
  try {
    // Opening some other thing could do something, or take for ever.
    if (!statSync(path).isCharacterDevice()) throw refuse(`${path} is no ${kind}; name one`);
    return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (error) {
    throw deviceError(path, error as Error);
  }
}

/** Says what to do about an error with a device. */
export function deviceError(path: string, error: Error): GuestwireError {
  if (error instanceof GuestwireError) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
    case "ENOTDIR":
      return refuse(`there is no device ${path}; attach it or name another one`, error);
    case "EACCES":
    case "EPERM":
      return refuse(`no permission for the device ${path}; run as another user or join its group`, error);
    case "EBUSY":
      return refuse(`another program has the device ${path} for itself; stop that one`, error);
    case "EIO":
    case "ENXIO":
    case "ENODEV":
      return refuse(`nothing is at the other end of ${path}; start what serves it`, error);
    default:
      return refuse(`the device ${path} cannot be used: ${error.message}`, error);
  }
}

export function refuse(message: string, cause?: Error): GuestwireError {
  return new GuestwireError("GW_ERR_DEVICE", message, { cause });
}
