// guestwire/console: defines <guestwire-console>. What it is made of has names of its own, which begin with its name.

import type { ConsoleElement } from "./api.ts";
import { AgentPanel } from "./views/agent-panel.ts";
import { CommandForm } from "./views/command-form.ts";
import { CommandList } from "./views/command-list.ts";
import { ConnectBar } from "./views/connect-bar.ts";
import { GuestwireConsole as Element } from "./views/console-element.ts";
import { Counters } from "./views/counters.ts";
import { HistoryList } from "./views/history-list.ts";
import { LogPane } from "./views/log-pane.ts";
import { Replies } from "./views/replies.ts";
import { ValueTree } from "./views/value-tree.ts";
import { WireView } from "./views/wire-view.ts";

const ELEMENTS = {
  "guestwire-console-agent": AgentPanel,
  "guestwire-console-commands": CommandList,
  "guestwire-console-connect": ConnectBar,
  "guestwire-console-counters": Counters,
  "guestwire-console-form": CommandForm,
  "guestwire-console-history": HistoryList,
  "guestwire-console-log": LogPane,
  "guestwire-console-replies": Replies,
  "guestwire-console-value": ValueTree,
  "guestwire-console-wire": WireView,
  "guestwire-console": Element,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  // A page may get two copies of the package: the first serves both.
  if (customElements.get(name) === undefined) customElements.define(name, element);
}

/** The class of the element; where there is no document, as on a server, it can be imported and no more. */
export const GuestwireConsole = Element as unknown as new () => ConsoleElement;

declare global {
  interface HTMLElementTagNameMap {
    "guestwire-console": ConsoleElement;
  }
}

export type { ConsoleElement, ConsoleMembers, ConsoleStateDetail, TransportFactory } from "./api.ts";
export type { Receiver, Transport } from "../../common/transport.ts";
