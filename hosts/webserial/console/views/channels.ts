// Where a channel can come from: a serial port of the browser, a WebSocket, or the page around the console.

import type { CallSignal } from "../../../../plugins/api.ts";
import { reconnecting } from "../../../common/reconnecting.ts";
import type { Transport } from "../../../common/transport.ts";
import { connectWebSocket, openSocket } from "../../../common/websocket.ts";
import { openWebSerial, requestPort } from "../../index.ts";
import type { Opener } from "../model/role.ts";

export type ChannelKind = "given" | "serial" | "websocket";

/** The speeds that people look for, in baud. */
export const SPEEDS = [9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600];

/** How a server closes that does not take the token (RFC 6455, 7.4.1). */
const FORBIDDEN = 1008;

/** Whether the browser has serial ports. */
export function hasSerial(): boolean {
  return "serial" in navigator;
}

/** Lets the person choose a port and opens it. To be called on a click. */
export function serialOpener(baudRate: number): Opener {
  return async (signal) => openWebSerial(await requestPort(), { baudRate, signal });
}

/**
 * Connects a WebSocket, again whenever it breaks, until the server forbids it: then it calls `refused`. The first time its
 * failure is told, so that a wrong address is not tried for ever. The token goes in a subprotocol: an address shows up in logs.
 */
export function websocketOpener(url: string, token: string, refused: () => void): Opener {
  const protocols = token === "" ? ["guestwire"] : ["guestwire", `guestwire.token.${token}`];
  return async (signal) => {
    let transport: Transport | undefined;
    const open = (until: CallSignal): Promise<Transport> => {
      const socket = openSocket(url, protocols);
      socket.addEventListener("close", ({ code }) => {
        // In a task of its own: first it is told why.
        if (code !== FORBIDDEN) return;
        refused();
        setTimeout(() => void transport?.close());
      });
      return connectWebSocket(socket, { signal: until });
    };
    let first: Transport | undefined = await open(signal);
    signal.addEventListener("abort", () => void first?.close());
    transport = reconnecting(async (until) => {
      const opened = first ?? (await open(until));
      first = undefined;
      return opened;
    });
    return transport;
  };
}
