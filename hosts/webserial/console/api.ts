// <guestwire-console> as those see it who put it into their page. No Lit, and no types of the DOM where there are none.

import type { CallSignal } from "../../../plugins/api.ts";
import type { Transport } from "../../common/transport.ts";

/** The DOM's HTMLElement where the type library knows it. */
type Element = typeof globalThis extends { HTMLElement: { prototype: infer Type } } ? Type : object;

/** Gives a channel to the agent, or to the peer of the agent in the page. The signal aborts when the person gives up. */
export type TransportFactory = (signal: CallSignal) => Transport | Promise<Transport>;

/** What the element has besides what every element has. */
export interface ConsoleMembers {
  /**
   * Attribute `bridge`: the address of a WebSocket, which the console then connects to by default. To set it, or
   * `transport`, chooses it, whatever the person has chosen before.
   */
  bridge: string;
  /** What the bridge asks for; it goes to `bridge` only, as the subprotocol `guestwire.token.TOKEN`. No attribute. */
  token: string;
  /** A channel of the page's own, which is then the default. No attribute. */
  transport: TransportFactory | undefined;
  /** Attribute `theme`: `light` or `dark`; empty, which is the default: as the system. */
  theme: "light" | "dark" | "";
  /** Attribute `tab`: which one is shown. Default `console`. */
  tab: "console" | "agent";
  /** Attribute `storage-key`: under which the history is kept in localStorage. Read once. Default `guestwire-console`. */
  storageKey: string;
  /**
   * Opens the channel that is chosen, for the tab that is shown; the other tab's is closed before. Settles when that has
   * succeeded or failed; never rejects. An element that is in no page opens none.
   */
  connect(): Promise<void>;
  /** Closes the channel, if there is one. */
  disconnect(): Promise<void>;
}

/**
 * A console for guest agents: `<guestwire-console>`.
 *
 * Attributes and properties: see `ConsoleMembers`. Events, which bubble: `guestwire-state`, with a `ConsoleStateDetail`;
 * `guestwire-refused`: the bridge does not take the token.
 * Custom properties: `--guestwire-background`, `-surface`, `-raised`, `-border`, `-edge`, `-text`, `-muted`, `-accent`,
 * `-on-accent`, `-selected`, `-good`, `-warning`, `-bad`, `-incoming`, `-outgoing`, `-sentinel` are colours;
 * `--guestwire-font` and `-mono` fonts, `-radius` a length. Parts: `header`, `problem`, `commands`, `call`, `history`,
 * `agent`, `wire`, `counters`. It takes the height that it is given, 560 pixels at least, and on a phone what it needs.
 */
export type ConsoleElement = Element & ConsoleMembers;

/** The detail of the event `guestwire-state`: a channel was opened, lost, found again or closed. */
export interface ConsoleStateDetail {
  /** Who has the channel: the client of the tab Console, or the agent of the tab Agent. */
  readonly role: "console" | "agent";
  readonly state: "idle" | "connecting" | "syncing" | "ready" | "lost" | "closing";
  /** Why there is no channel, for people; undefined where nothing is wrong. */
  readonly problem: string | undefined;
}
