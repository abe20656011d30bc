// The agent's side of a channel: an agent in the page, what it can, and the plugins that a person has loaded.

import { type Agent } from "../../../common/agent.ts";
import { createAgent } from "../../../common/create.ts";
import type { CommandDescription, Plugin } from "../../../../plugins/api.ts";
import type { Transport } from "../../../common/transport.ts";
import { heard } from "./heard.ts";
import type { LogBook } from "./log-book.ts";
import { type Problem, problemOf } from "./problem.ts";
import { Role } from "./role.ts";
import type { WireLog } from "./wire-log.ts";

export class AgentRole extends Role {
  /** Why the last plugin was not taken. */
  pluginProblem: Problem | undefined;
  private readonly wire: WireLog;
  private readonly book: LogBook;
  private agent: Agent;
  private close: () => Promise<void> = async () => {};

  constructor(wire: WireLog, book: LogBook) {
    super();
    this.wire = wire;
    this.book = book;
    this.agent = createAgent({ logger: book });
  }

  /** Closes the agent, with what its plugins hold. Another one takes its place, as it was at first. */
  async renew(): Promise<void> {
    const { agent } = this;
    this.agent = createAgent({ logger: this.book });
    this.pluginProblem = undefined;
    this.changed();
    await agent.close();
  }

  get commands(): CommandDescription[] {
    return this.agent.commands.list();
  }

  get stats(): Agent["stats"] {
    return this.agent.stats;
  }

  /** The names of plugins, without the standard one. */
  get plugins(): string[] {
    return this.agent.plugins
      .list()
      .slice(1)
      .map(({ name }) => name);
  }

  protected async carry(transport: Transport): Promise<void> {
    let failure: Error | undefined;
    const recorded = heard(transport, this.wire, {
      lost: (error) => {
        if (this.state !== "closing") this.become("lost", error);
      },
      reopened: () => {
        if (this.state === "lost") this.become("ready");
      },
      closed: (error) => (failure = error),
    });
    this.wire.mark("The agent serves");
    this.become("ready");
    const session = this.agent.serve(recorded);
    this.close = () => session.close();
    void session.closed.then(() => {
      if (this.state !== "closing") this.become("idle", failure);
    });
  }

  protected async release(): Promise<void> {
    await this.close();
  }

  /** Switches a command, for callers from now on. */
  enable(name: string, isEnabled: boolean): void {
    if (isEnabled) this.agent.commands.enable(name);
    else this.agent.commands.disable(name);
    this.changed();
  }

  /**
   * Takes in what `load` gives, a plugin as a module's default export. Settles with whether that went well; never
   * rejects.
   */
  async addPlugin(load: () => Promise<unknown>): Promise<boolean> {
    // Not the one that has taken its place meanwhile.
    const { agent } = this;
    try {
      const loaded = (await load()) as { readonly default?: Plugin };
      if (loaded.default === undefined) throw new Error("the module has no default export, which is to be the plugin");
      agent.plugins.add(loaded.default);
      this.book.log("message", "general", `the plugin ${loaded.default.name} is loaded`);
      this.pluginProblem = undefined;
    } catch (error) {
      this.pluginProblem = problemOf(error);
    }
    this.changed();
    return this.pluginProblem === undefined;
  }

  /** Takes a plugin out. Settles when its last call is over; never rejects. */
  async removePlugin(name: string): Promise<void> {
    this.pluginProblem = undefined;
    const removing = this.agent.plugins.remove(name);
    this.changed();
    try {
      await removing;
      this.book.log("message", "general", `the plugin ${name} is removed`);
    } catch (error) {
      this.pluginProblem = problemOf(error);
      this.changed();
    }
  }
}
