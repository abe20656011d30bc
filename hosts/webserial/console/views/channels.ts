// Where a channel can come from: a serial port of the browser, a WebSocket, or the page around the console.

import { GuestwireError } from "../../../common/errors.ts";
import { reconnecting } from "../../../common/reconnecting.ts";
import { websocket } from "../../../common/websocket.ts";
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
  return async () => openWebSerial(await requestPort(), { baudRate });
}

/**
 * Connects a WebSocket, again whenever it breaks, until the server forbids it. The first time its failure is told, so that a
 * wrong address is not tried for ever. The token goes in a subprotocol: an address shows up in logs.
 */
export function websocketOpener(url: string, token: string): Opener {
  return async (signal) => {
    let first: WebSocket | undefined = await openSocket(url, token, signal);
    const transport = reconnecting(async (again) => {
      const socket = first ?? (await openSocket(url, token, again));
      first = undefined;
      socket.addEventListener("close", ({ code }) => {
        // In a task of its own: first it is told why.
        if (code === FORBIDDEN) setTimeout(() => void transport.close());
      });
      return websocket(socket);
    });
    return transport;
  };
}

function openSocket(url: string, token: string, signal: AbortSignal): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const protocols = token === "" ? ["guestwire"] : ["guestwire", `guestwire.token.${token}`];
    const socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    const fail = (): void => {
      socket.close();
      reject(new GuestwireError("GW_ERR_SOCKET", `no connection to ${url}`));
    };
    socket.addEventListener("open", () => resolve(socket), { once: true });
    socket.addEventListener("error", fail, { once: true });
    signal.addEventListener("abort", fail, { once: true });
  });
}
