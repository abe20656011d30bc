// guestwire/node: the places where Node gets bytes from.

export { openDevice } from "./device.ts";
export { SocketTransport } from "./socket.ts";
export { connectUnix, type Listener, listenUnix } from "./unix.ts";
