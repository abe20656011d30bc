// From a configuration to the channel that it names (PROTOCOL 1.1).

import { type Agent, GuestwireError, type Logger, type Transport } from "../../common/index.ts";
import {
  type Listener,
  activated,
  connectUnix,
  listenFd,
  listenUnix,
  openFd,
  openSerial,
  openVirtio,
  stdio,
} from "../index.ts";
import type { AgentFlags } from "./agent-command.ts";
import type { Configuration } from "./configuration.ts";
import { fullPath } from "./full-path.ts";
import { Mistake } from "./mistake.ts";
import { observed } from "./observed.ts";

/** A channel that is open. */
export interface Channel {
  /** Settles when it has ended, with what was wrong, if anything. A socket that listens never ends by itself. */
  readonly ended: Promise<Error | undefined>;
  /** Answers what is under way, and closes. Never rejects. */
  close(): Promise<void>;
}

/** How to come by a channel. */
export interface Way {
  /** For whoever reads the log. */
  readonly name: string;
  /** What the agent does when it is open, for the same readers. */
  readonly doing: string;
  /** Throws a GuestwireError where it cannot be opened. The logger is told of peers that go and come on it. */
  open(agent: Agent, logger: Logger): Promise<Channel>;
  /** Whether `--retry-path` may open it a second time. */
  readonly reopens: boolean;
  /** What its end means without `--retry-path`: it is opened again, or the agent ends as well, in order or not. */
  readonly atEnd: "reopen" | "succeed" | "fail";
}

type Method = (path: string, flags: AgentFlags) => Way;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["virtio-serial", (path) => peer(path, () => openVirtio(path), "reopen")],
  ["isa-serial", (path, { baud }) => peer(path, () => openSerial(path, baud === undefined ? {} : { baud }), "fail")],
  ["unix-listen", (path) => listener(path, (agent) => listenUnix(agent, path))],
  ["unix-connect", (path) => peer(path, () => connectUnix(path), "succeed")],
]);

/** Throws a Mistake where the method needs a path and there is none. Whether there is such a method is not asked yet. */
export function checkPath({ method, path }: Configuration, flags: AgentFlags, env: NodeJS.ProcessEnv): void {
  if (path !== undefined || method === "stdio" || handedOver(flags, env) !== undefined) return;
  // The original's words; so in wayTo.
  throw new Mistake("must specify a path for this channel; say which with -p PATH");
}

/**
 * The way that the options and the configuration name: an inherited descriptor, a socket that systemd hands over, or a
 * method. Throws a Mistake where there is none.
 */
export function wayTo(configuration: Configuration, flags: AgentFlags, env: NodeJS.ProcessEnv): Way {
  const { method, path, daemon } = configuration;
  const handed = handedOver(flags, env);
  if (daemon && (handed !== undefined || method === "stdio")) {
    throw new Mistake("a daemon has none of the channels that it was started with; leave -d out");
  }
  if (handed !== undefined) return handed;
  if (method === "stdio") return once("stdin and stdout", async () => stdio());
  const made = METHODS.get(method)?.(daemon && path ? fullPath(path) : (path ?? ""), flags);
  if (made !== undefined) return made;
  const known = [...METHODS.keys(), "stdio"].join(", ");
  throw new Mistake(`unsupported channel method/type: ${method}; there are ${known}`);
}

function handedOver({ fd }: AgentFlags, env: NodeJS.ProcessEnv): Way | undefined {
  if (fd !== undefined) return once(`descriptor ${fd}`, () => openFd(fd));
  const socket = activated(env, process.pid);
  return socket === undefined ? undefined : listener("a socket of systemd's", (agent) => listenFd(agent, socket));
}

/** One peer. */
function peer(name: string, open: () => Promise<Transport>, atEnd: Way["atEnd"]): Way {
  const openLogged = async (agent: Agent, logger: Logger): Promise<Channel> => serve(agent, await open(), name, logger);
  return { name, doing: `serving ${name}`, open: openLogged, reopens: true, atEnd };
}

/** One peer that cannot come back. */
function once(name: string, open: () => Promise<Transport>): Way {
  return { ...peer(name, open, "succeed"), reopens: false };
}

function listener(name: string, listen: (agent: Agent) => Promise<Listener>): Way {
  const open = async (agent: Agent): Promise<Channel> => {
    const { close } = await listen(agent);
    return { ended: new Promise(() => {}), close };
  };
  return { name, doing: `listening on ${name}`, open, reopens: true, atEnd: "fail" };
}

function serve(agent: Agent, transport: Transport, name: string, logger: Logger): Channel {
  // A session that closes while its peer is there has lost its engine.
  let failure: Error | undefined = new GuestwireError("GW_ERR_WASM", "the engine failed");
  const session = agent.serve(
    observed(transport, {
      over: (error) => (failure = error),
      lost(error) {
        if (error === undefined) logger.log("info", "general", `${name}: no host is connected any more`);
        else logger.log("warning", "general", `${name} was lost: ${error.message}; it is tried again`);
      },
      reopened: () => logger.log("info", "general", `${name}: a host is connected`),
    }),
  );
  return { ended: session.closed.then(() => failure), close: () => session.close() };
}
