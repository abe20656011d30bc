// guestwire/node: the places where Node gets bytes from.

export { SocketTransport } from "./socket.ts";
export { connectUnix, type Listener, listenUnix } from "./unix.ts";
