// Serves a channel until the agent is to stop: what happens where it cannot be opened, and when it ends (PROTOCOL 1.6).

import type { Agent } from "../../common/index.ts";
import type { Clock } from "../../common/clock.ts";
import { asError } from "../../common/errors.ts";
import type { Logger, LogLevel } from "../../common/logger.ts";
import type { Channel, Way } from "./channels.ts";
import { Failure } from "./failure.ts";

/** Milliseconds between two tries. */
const RETRY_MS = 5000;

export interface KeepOpenOptions {
  /** What `--retry-path` says. */
  readonly retry: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Aborts when the agent is to stop. */
  readonly stop: AbortSignal;
  /** Called once: when the channel is open, or cannot be opened yet. */
  readonly tried: () => void;
}

/**
 * Opens the channel and serves its peers until `stop`, or until it ends and is not to be opened again. Throws what `open`
 * throws where it is not to be tried again, and a Failure where the channel ends that should not.
 */
export async function keepOpen(way: Way, agent: Agent, options: KeepOpenOptions): Promise<void> {
  const { retry, logger, clock, stop } = options;
  const retries = retry && way.reopens;
  let told = "";
  let tried = (): void => {
    tried = () => {};
    options.tried();
  };
  const wait = async (level: LogLevel, text: string): Promise<void> => {
    // What goes on for days is told once.
    logger.log(text === told ? "info" : level, "general", `${text}; next try in ${RETRY_MS / 1000} s`);
    told = text;
    await sleep(clock, RETRY_MS, stop);
  };

  while (!stop.aborted) {
    let channel: Channel | undefined;
    try {
      channel = await opened(way, agent, logger, stop);
    } catch (error) {
      if (!retries) throw error;
      tried();
      await wait("critical", asError(error).message);
      continue;
    }
    if (channel === undefined) return;
    logger.log("info", "general", way.doing);
    tried();
    const failure = await unlessStopped(channel.ended, stop);
    await channel.close();
    if (stop.aborted) return;
    const text = `${way.name} has ended${failure === undefined ? "" : `: ${failure.message}`}`;
    if (!retries && way.atEnd !== "reopen") {
      if (way.atEnd === "succeed" && failure === undefined) return;
      throw new Failure(1, way.reopens ? `${text}; with --retry-path it is opened again` : text);
    }
    await wait("warning", text);
  }
}

/** Undefined where the agent is to stop meanwhile; what opens all the same is closed. */
async function opened(way: Way, agent: Agent, logger: Logger, stop: AbortSignal): Promise<Channel | undefined> {
  const opening = way.open(agent, logger);
  const channel = await unlessStopped(opening, stop);
  if (channel === undefined) {
    opening.then(
      (late) => late.close(),
      () => {},
    );
  }
  return channel;
}

/** Settles as the promise does, or with undefined when the agent is to stop. */
function unlessStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stopped = (): void => resolve(undefined);
    stop.addEventListener("abort", stopped);
    promise.then(resolve, reject).finally(() => stop.removeEventListener("abort", stopped));
    if (stop.aborted) stopped();
  });
}

function sleep(clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
  let cancel = (): void => {};
  const waited = new Promise<void>((resolve) => (cancel = clock.after(ms, resolve)));
  return unlessStopped(waited, stop).then(() => cancel());
}
