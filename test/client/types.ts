// What of the client compiles and what does not. Nothing here runs: tsc reads it with the other tests, and
// test/package/pack.test.ts has it compiled against the package, as a consumer's file.

import {
  AgentError,
  type CallOptions,
  CallError,
  type ClientStats,
  type GuestAgentInfo,
  GuestClient,
} from "guestwire/client";
import {
  type ErrorCode,
  type GuestCommands,
  type GuestExecStatus,
  GuestwireError,
  type Integer,
} from "guestwire/client";
import { type NoArguments, type NoResult, type Receiver, type Transport } from "guestwire/client";
import { connect, reconnecting, streams } from "guestwire/client";

declare const client: GuestClient;
declare const transport: Transport;
declare const signal: NonNullable<CallOptions["signal"]>;
declare function use(value: unknown): void;

// An author's plugin declares its commands.

interface ClockReading {
  readonly at: Integer;
  readonly zone?: string;
}

declare module "guestwire/client" {
  interface GuestCommands {
    "clock-read": { arguments: { unit?: "s" | "ns" }; returns: ClockReading };
    "clock-set": { arguments: { at: Integer; zone: string }; returns: NoResult };
    "clock-stop": { arguments: NoArguments; returns: void };
    "clock-tick": { arguments: {}; returns: number[] };
  }
}

export async function commandsByName(): Promise<void> {
  await client.execute("guest-ping");
  await client.execute("guest-ping", {});
  await client.execute("guest-ping", undefined, { timeoutMs: 1000 });
  const info: GuestAgentInfo = await client.execute("guest-info");
  const names: string[] = info.supported_commands.filter(({ enabled }) => enabled).map(({ name }) => name);
  const { pid } = await client.execute("guest-exec", { path: "/bin/ls", arg: names, "capture-output": "merged" });
  const status: GuestExecStatus = await client.execute("guest-exec-status", { pid });
  const out: string = status["out-data"] ?? "";
  const handle = await client.execute("guest-file-open", { path: out, mode: "rb+" });
  await client.execute("guest-file-seek", { handle, offset: -1, whence: "end" });
  await client.execute("guest-file-seek", { handle, offset: 0, whence: 2 });
  const [vcpu] = await client.execute("guest-get-vcpus");
  if (vcpu !== undefined) await client.execute("guest-set-vcpus", { vcpus: [vcpu] });
  const [route] = await client.execute("guest-network-get-route");
  const gateway: string | undefined = route?.gateway;
  const load: number = (await client.execute("guest-get-load")).load15m;
  const words: readonly string[] = [out, gateway ?? "", `${load}`];
  await client.execute("guest-ssh-add-authorized-keys", { username: "root", keys: words, reset: true });
  const frozen: boolean = (await client.execute("guest-fsfreeze-status")) === "frozen";
  const statistics = (await client.execute("guest-network-get-interfaces"))[0]?.statistics?.["rx-bytes"];
  const merges: Integer | undefined = (await client.execute("guest-get-diskstats"))[0]?.stats["read-merges"];
  await client.execute("guest-fstrim", frozen ? {} : { minimum: statistics ?? merges ?? 0 });

  // @ts-expect-error: no command has this name
  await client.execute("guest-pong");
  // @ts-expect-error: nor is it any text
  await client.execute(out);
  // @ts-expect-error: it needs arguments
  await client.execute("guest-exec");
  // @ts-expect-error: and a path among them
  await client.execute("guest-exec", { arg: ["-l"] });
  // @ts-expect-error: which is a string
  await client.execute("guest-exec", { path: 1 });
  // @ts-expect-error: none but its own
  await client.execute("guest-exec", { path: "/bin/ls", args: ["-l"] });
  // @ts-expect-error: it takes none
  await client.execute("guest-ping", { id: 1 });
  // @ts-expect-error: options are no arguments
  await client.execute("guest-ping", { timeoutMs: 1000 });
  // @ts-expect-error: nor where all are optional
  await client.execute("guest-shutdown", { timeoutMs: 1000 });
  // @ts-expect-error: not one of the three
  await client.execute("guest-shutdown", { mode: "sleep" });
  // @ts-expect-error: nothing that fopen knows
  await client.execute("guest-file-open", { path: "/etc/hostname", mode: "rw" });
  // @ts-expect-error: three ways to count, from 0 to 2
  await client.execute("guest-file-seek", { handle, offset: 0, whence: 3 });
  // @ts-expect-error: members are spelled with a hyphen
  await client.execute("guest-file-write", { handle, buf_b64: "" });
}

export async function results(): Promise<void> {
  const status = await client.execute("guest-exec-status", { pid: 1 });
  // @ts-expect-error: no such member
  use(status.pid);
  // @ts-expect-error: it may be absent
  use(status["out-data"].length);
  // @ts-expect-error: it has to be waited for
  use(client.execute("guest-info").version);
  // @ts-expect-error: a string
  const version: number = (await client.execute("guest-info")).version;
  use(version);
  // @ts-expect-error: guest-ping returns nothing that could be used
  use((await client.execute("guest-ping")).version);
  // @ts-expect-error: neither thawed nor frozen
  use((await client.execute("guest-fsfreeze-status")) === "melted");
}

export async function integers(): Promise<bigint> {
  const time: Integer = await client.execute("guest-get-time");
  await client.execute("guest-set-time", { time });
  await client.execute("guest-set-time", { time: 1_700_000_000_000_000_000n });
  await client.execute("guest-file-seek", { handle: 1000, offset: 2n ** 60n, whence: "set" });
  // @ts-expect-error: it may be a bigint
  const ms: number = time;
  // @ts-expect-error: or a number
  const ns: bigint = time;
  // @ts-expect-error: no sums of the two
  use(time + 1);
  // @ts-expect-error: no string
  await client.execute("guest-set-time", { time: "0" });
  return typeof time === "bigint" ? time + 1n : BigInt(time + ms) + ns;
}

export async function withoutReply(): Promise<void> {
  await client.execute("guest-suspend-ram");
  await client.execute("guest-shutdown", { mode: "reboot" }, { silenceMs: 10_000 });
  const done = await client.execute("guest-shutdown");
  // @ts-expect-error: there is no result
  use(done.mode);
  // @ts-expect-error: to be tested neither
  if (done) return;
  // @ts-expect-error: nor to be kept
  const kept: object | undefined = done;
  use(kept);
}

export async function commandsOfAPlugin(): Promise<string> {
  const name: keyof GuestCommands = "clock-read";
  const { at, zone = "UTC" } = await client.execute(name);
  await client.execute("clock-read", { unit: "ns" }, { signal });
  await client.execute("clock-set", { at, zone });
  await client.execute("clock-stop", {});
  const ticks: number[] = await client.execute("clock-tick");
  // @ts-expect-error: neither s nor ns
  await client.execute("clock-read", { unit: "ms" });
  // @ts-expect-error: the zone is missing
  await client.execute("clock-set", { at });
  // @ts-expect-error: it takes none
  await client.execute("clock-stop", { at });
  // @ts-expect-error: no such member
  use((await client.execute("clock-read")).hour);
  // @ts-expect-error: nobody declared it
  await client.execute("clock-break");
  return `${ticks} ${zone}`;
}

export async function untyped(name: string): Promise<string> {
  await client.executeUntyped(name);
  await client.executeUntyped("vendor-reset", { force: true, at: 2n ** 60n }, { timeoutMs: 0, signal });
  const value = await client.executeUntyped("vendor-name");
  // @ts-expect-error: it can be anything
  use(value.name);
  // @ts-expect-error: arguments are an object
  await client.executeUntyped("vendor-reset", 5);
  // @ts-expect-error: a command is called by its name
  await client.executeUntyped(5);
  return typeof value === "string" ? value : "";
}

export async function options(): Promise<GuestClient> {
  await client.ping({ timeoutMs: 500, signal });
  await client.sync({ timeoutMs: 0 });
  await client.info({ signal: undefined });
  // @ts-expect-error: milliseconds are a number
  await client.ping({ timeoutMs: "500" });
  // @ts-expect-error: no such option
  await client.ping({ timeout: 500 });
  // @ts-expect-error: no such option, behind arguments either
  await client.execute("guest-file-close", { handle: 1 }, { timeout: 500 });
  // @ts-expect-error: options come last, and are all
  await client.execute("guest-file-close", { handle: 1 }, {}, {});
  // @ts-expect-error: a signal, not its controller
  await client.sync({ signal: { abort() {} } });
  // @ts-expect-error: calls have a time-out, connecting has no silence
  await connect(transport, { silenceMs: 1 });
  // @ts-expect-error: a transport, not a path
  await connect("/tmp/agent.sock");
  const some: { readonly timeoutMs: number | undefined } = { timeoutMs: undefined };
  await client.execute("guest-ping", {}, some);
  await connect(transport, some);
  reconnecting(async () => transport, { minMs: undefined, maxMs: undefined, random: undefined, clock: undefined });
  return connect(transport, { timeoutMs: 0, callTimeoutMs: 1000, replyBytes: 2 ** 20, signal });
}

export function states(): () => void {
  const { calls, resyncs, bytesDiscarded, lateReplies }: ClientStats = client.stats;
  const waits: boolean = client.state === "syncing" || client.state === "lost";
  use([calls, resyncs, bytesDiscarded, lateReplies, waits]);
  // @ts-expect-error: no such state
  if (client.state === "open") use(waits);
  // @ts-expect-error: it is the client's to say
  client.state = "ready";
  // @ts-expect-error: so are these
  client.stats.calls = 0;
  // @ts-expect-error: connect makes clients
  use(new GuestClient(transport));
  return client.observe((event) => {
    // @ts-expect-error: not every event has a state
    use(event.state);
    if (event.type === "state") use(event.error?.message);
    else use(event.id);
  });
}

export async function failures(): Promise<string> {
  try {
    await client.ping();
    return "";
  } catch (error) {
    if (error instanceof AgentError) return error.command + error.errorClass + error.message;
    if (error instanceof CallError) {
      const { code, sent }: { code: ErrorCode; sent: boolean } = error;
      return sent ? code : "";
    }
    if (error instanceof GuestwireError && error.code === "GW_ERR_LIMIT") return error.message;
    // @ts-expect-error: no such code
    if (error instanceof CallError && error.code === "GW_ERR_TIME") return "";
    throw error;
  }
}

export class OwnTransport implements Transport {
  start(receiver: Receiver): void {
    receiver.lost();
    receiver.lost(new Error("unplugged"));
    receiver.reopened();
    receiver.data(new Uint8Array(0));
  }
  write(bytes: Uint8Array): boolean {
    return bytes.length > 0;
  }
  pause(): void {}
  resume(): void {}
  async close(): Promise<void> {}
}

export const ready: Promise<GuestClient> = connect(new OwnTransport());
export { streams };
