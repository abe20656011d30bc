// The console's side of a channel: a client of the agent at its other end, what that agent can, and the calls that were made.

import type { Members } from "../../../../plugins/schema.ts";
import type { GuestAgentCommandInfo } from "../../../common/client/commands.ts";
import { type GuestClient, connect } from "../../../common/client/index.ts";
import type { ClientEvent } from "../../../common/client/events.ts";
import type { Transport } from "../../../common/transport.ts";
import { heard } from "./heard.ts";
import type { LogBook } from "./log-book.ts";
import { problemOf } from "./problem.ts";
import { Role } from "./role.ts";
import { type Outcome, type Run, outcomeOf } from "./run.ts";
import { SCHEMA, readSchema } from "./schema.ts";
import type { WireLog } from "./wire-log.ts";

/** Calls whose outcome is kept. */
const MOST_RUNS = 50;
/** How long a synchronisation that a person asks for may take, in milliseconds. */
const SYNC_MS = 20_000;

export class ClientRole extends Role {
  /** As the agent calls it; empty: not known. */
  version = "";
  /** By name. */
  commands: readonly GuestAgentCommandInfo[] = [];
  /** What commands take, where the agent says so. */
  schema: ReadonlyMap<string, Members> = new Map();
  /** The newest first. */
  runs: readonly Run[] = [];
  private readonly wire: WireLog;
  private readonly book: LogBook;
  private client: GuestClient | undefined;
  /** Why the channel was last lost, since it was last in step. */
  private loss: Error | undefined;
  private isRecovering = false;
  private count = 0;
  private readonly aborts = new Map<number, AbortController>();

  constructor(wire: WireLog, book: LogBook) {
    super();
    this.wire = wire;
    this.book = book;
  }

  get stats(): GuestClient["stats"] | undefined {
    return this.client?.stats;
  }

  protected async carry(transport: Transport, signal: AbortController["signal"]): Promise<void> {
    this.loss = undefined;
    const recorded = heard(transport, this.wire, {
      lost: (error) => this.channelLost(error),
      reopened: () => {},
      closed: () => {},
    });
    this.wire.mark("Synchronising");
    const client = await connect(recorded, { signal, logger: this.book }).catch((error: unknown) => {
      // A channel that never came says more than that nobody answered.
      throw this.loss ?? error;
    });
    this.client = client;
    client.observe((event) => this.hear(client, event));
    // It may have ended before somebody listened.
    this.hear(client, { type: "state", state: client.state });
    await this.ask(client);
  }

  /** Why the channel does not come is told at once: it may be tried for a while. */
  private channelLost(error: Error | undefined): void {
    this.loss = error ?? this.loss;
    if (error !== undefined && (this.state === "connecting" || this.state === "lost")) this.become(this.state, error);
  }

  protected async release(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.close();
    this.forget();
  }

  private forget(): void {
    this.version = "";
    this.commands = [];
    this.schema = new Map();
  }

  private hear(client: GuestClient, event: ClientEvent): void {
    if (client !== this.client) return;
    if (event.type === "late") {
      this.wire.mark("The reply above came late, to a call that had been given up");
      return;
    }
    const { state, error } = event;
    if (state === "closed") {
      this.client = undefined;
      this.forget();
      this.become("idle", error ?? this.loss ?? new Error("the other end has closed the channel"));
      return;
    }
    if (state === "syncing") this.wire.mark("Resynchronising");
    else if (state === "ready") {
      this.loss = undefined;
      this.wire.mark("In step");
    } else this.wire.mark(`Out of step${because(error)}`);
    this.become(state, error);
    if (state === "lost") void this.recover(client);
  }

  /** Finds the way back into step without waiting for the next call, and looks again what the agent can. */
  private async recover(client: GuestClient): Promise<void> {
    if (this.isRecovering) return;
    this.isRecovering = true;
    try {
      await client.sync({ timeoutMs: 0 });
      await this.ask(client);
    } catch {
      // The channel has ended, or what answers is no agent: `hear` is told of either.
    } finally {
      this.isRecovering = false;
    }
  }

  /** What the agent can. That it does not say is no reason not to talk to it. */
  private async ask(client: GuestClient): Promise<void> {
    try {
      const { version, supported_commands: commands } = await client.info();
      const schema = commands.some(({ name, enabled }) => name === SCHEMA && enabled)
        ? readSchema(await client.executeUntyped(SCHEMA))
        : new Map<string, Members>();
      if (client !== this.client) return;
      this.version = version;
      commands.sort((a, b) => (a.name < b.name ? -1 : 1));
      this.commands = commands;
      this.schema = schema;
      this.changed();
    } catch (error) {
      this.book.log("warning", "general", `the agent does not say what it can${because(error)}`);
    }
  }

  /** Synchronises, and asks again what the agent can. */
  async sync(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    try {
      await client.sync({ timeoutMs: SYNC_MS });
      await this.ask(client);
    } catch (error) {
      if (client !== this.client) return;
      this.problem = problemOf(error);
      this.changed();
    }
  }

  /** Calls a command. Settles with how that ended; never rejects. */
  async run(command: string, args: object | undefined, text: string): Promise<Outcome> {
    const number = this.count++;
    const controller = new AbortController();
    this.aborts.set(number, controller);
    const run: Run = { number, command, text };
    this.runs = [run, ...this.runs].slice(0, MOST_RUNS);
    this.changed();
    const start = performance.now();
    const outcome = await this.call(command, args, controller);
    this.aborts.delete(number);
    const ended: Run = { ...run, outcome, ms: performance.now() - start };
    this.runs = this.runs.map((one) => (one === run ? ended : one));
    this.changed();
    return outcome;
  }

  private async call(command: string, args: object | undefined, { signal }: AbortController): Promise<Outcome> {
    const { client } = this;
    if (client === undefined) return { type: "failed", code: "GW_ERR_CLOSED", text: "not connected", hasRun: "" };
    try {
      return { type: "value", value: await client.executeUntyped(command, args, { signal }) };
    } catch (error) {
      return outcomeOf(error, signal.aborted);
    }
  }

  /** Gives a call up. It may still run. */
  abort(number: number): void {
    this.aborts.get(number)?.abort();
  }
}

function because(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : "";
}
