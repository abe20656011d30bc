// guestwire/node: the places where Node gets bytes from.

export { activated, listenFd } from "./activation.ts";
export { openDevice } from "./device.ts";
export { openFd } from "./inherited.ts";
export { openSerial, type SerialOptions } from "./serial.ts";
export type { Listener } from "./serving.ts";
export { SocketTransport } from "./socket.ts";
export { stdio } from "./stdio.ts";
export { connectUnix, listenUnix } from "./unix.ts";
export { openVirtio } from "./virtio.ts";
