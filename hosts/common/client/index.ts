// guestwire/client: the other end of the wire. No Node, no DOM.

import { type Transport, closeQuietly } from "../transport.ts";
import { Client, type ClientStats } from "./client.ts";
import type { GuestAgentInfo, NoArguments, QgaCommands } from "./commands.ts";
import type { ClientState, Observer } from "./events.ts";
import type { CallOptions, ClientOptions } from "./options.ts";

/**
 * The commands that `execute` knows, with their `arguments` and what they return: QEMU's. Authors of plugins add theirs:
 *
 *     declare module "guestwire/client" {
 *       interface GuestCommands {
 *         "clock-read": { arguments: { unit?: "s" | "ns" }; returns: number | bigint };
 *       }
 *     }
 */
export interface GuestCommands extends QgaCommands {}

type Arguments<Name extends keyof GuestCommands> = GuestCommands[Name]["arguments"];
type Result<Name extends keyof GuestCommands> = GuestCommands[Name]["returns"];

/** What goes behind a command's name: its arguments, which may be left out where none is required, and options. */
type Rest<Args> = NoArguments extends Args ? [args?: Args, options?: CallOptions] : [args: Args, options?: CallOptions];

/**
 * A client of one agent. Calls wait in line; one is on its way at a time, as the protocol wants. Each settles once: with
 * the value that the agent returned; with an AgentError, which is its error; with a CallError, where no answer can be
 * trusted any more (a time-out, a link that died, a torn reply); or with the reason of a signal that aborted. After any of
 * the latter the next call synchronises first, by itself.
 */
export interface GuestClient {
  readonly state: ClientState;
  readonly stats: ClientStats;
  /**
   * Calls a command. Integers may be given as bigint, and arrive as bigint beyond 2^53 - 1.
   *
   * @throws AgentError the agent's error
   * @throws CallError GW_ERR_TIMEOUT, GW_ERR_LINK, GW_ERR_REPLY, GW_ERR_SYNC, GW_ERR_CLOSED, GW_ERR_ARGUMENTS
   */
  execute<Name extends keyof GuestCommands>(name: Name, ...rest: Rest<Arguments<Name>>): Promise<Result<Name>>;
  /** Calls any command, as `execute`. */
  executeUntyped(name: string, args?: object, options?: CallOptions): Promise<unknown>;
  /** Settles when the agent answers. */
  ping(options?: CallOptions): Promise<void>;
  /** The agent's version and its commands. */
  info(options?: CallOptions): Promise<GuestAgentInfo>;
  /** Synchronises, needed or not; in its turn, as a call. */
  sync(options?: CallOptions): Promise<void>;
  /** Tells an observer what happens from now on, each event in a microtask; returns what ends it. */
  observe(observer: Observer): () => void;
  /** Rejects all calls with GW_ERR_CLOSED, reads what is unread for at most a second, and closes the transport. */
  close(): Promise<void>;
}

/** Gives names and arguments their types; what they are at run time the client below does not care. */
class TypedClient implements GuestClient {
  private readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  get state(): ClientState {
    return this.client.state;
  }

  get stats(): ClientStats {
    return this.client.stats;
  }

  execute<Name extends keyof GuestCommands>(name: Name, ...rest: Rest<Arguments<Name>>): Promise<Result<Name>> {
    const [args, options = {}] = rest;
    return this.client.execute(name, args, options) as Promise<Result<Name>>;
  }

  executeUntyped(name: string, args?: object, options: CallOptions = {}): Promise<unknown> {
    return this.client.execute(name, args, options);
  }

  async ping(options?: CallOptions): Promise<void> {
    await this.execute("guest-ping", undefined, options);
  }

  info(options?: CallOptions): Promise<GuestAgentInfo> {
    return this.execute("guest-info", undefined, options);
  }

  sync(options: CallOptions = {}): Promise<void> {
    return this.client.sync(options);
  }

  observe(observer: Observer): () => void {
    return this.client.observe(observer);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/**
 * Connects to the agent at the other end of a transport: sends 0xFF and guest-sync-delimited with a fresh id, throws away
 * what comes before its answer, and tries again, at growing intervals, until the time is over. The transport must not have
 * been started; it is closed with the client, or where connecting fails: what is unread then is read for at most a second,
 * after a time-out for 200 ms, and only where anything came at all.
 *
 * @throws CallError GW_ERR_TIMEOUT, GW_ERR_LINK, GW_ERR_SYNC
 * @throws GuestwireError GW_ERR_LIMIT
 */
export async function connect(transport: Transport, options: ClientOptions = {}): Promise<GuestClient> {
  let client: Client;
  try {
    client = new Client(transport, options);
  } catch (error) {
    // Left open, a socket would keep the program from ending.
    await closeQuietly(transport);
    throw error;
  }
  await client.open(options);
  return new TypedClient(client);
}

export type { ClientStats } from "./client.ts";
export * from "./commands.ts";
export { AgentError, CallError } from "./errors.ts";
export type { ClientEvent, ClientState, Observer } from "./events.ts";
export type { CallOptions, ClientOptions } from "./options.ts";
export { type ErrorCode, GuestwireError } from "../errors.ts";
export { reconnecting, type ReconnectingOptions } from "../reconnecting.ts";
export type { Receiver, Transport } from "../transport.ts";
export { streams } from "../streams.ts";
export { type Direction, traced } from "../traced.ts";
