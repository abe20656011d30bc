// guestwire/webserial: serial ports of the browser, in pages and in dedicated workers.

export { requestPort } from "./request.ts";
export {
  openWebSerial,
  type WebSerialEvent,
  type WebSerialObserver,
  type WebSerialOptions,
  type WebSerialState,
  type WebSerialTransport,
} from "./transport.ts";
export type {
  EventLike,
  PortReader,
  PortWriter,
  SerialLike,
  SerialPortInfoLike,
  SerialPortLike,
  SerialSettings,
} from "./types.ts";
export { type ErrorCode, GuestwireError } from "../common/errors.ts";
export type { Receiver, Transport } from "../common/transport.ts";
