// The checks that every plugin should pass, against an agent that serves it.

import type { CommandDescription, Plugin } from "../../../plugins/api.ts";
import { mistakeInObject } from "../arguments.ts";
import type { Core } from "../core.ts";
import { createAgent } from "../create.ts";
import { textOf } from "../errors.ts";
import { formatJson, parseJson, parseSpelling } from "../json.ts";
import { LONGEST_MS } from "../range.ts";
import { Bench, Records, isOverWithin, within } from "./bench.ts";
import { fakeClock } from "./fake-clock.ts";
import { type Json, badArguments } from "./samples.ts";
import { FLUSHED, sync, synced } from "./words.ts";

export interface PluginTestOptions {
  /**
   * Arguments by the names of commands, each of which draws a success. Only these are run, each several times: what a
   * command does to the machine is its author's to allow.
   */
  readonly examples?: Readonly<Record<string, readonly object[]>>;
  /** The engine. Default `js` of guestwire/core. */
  readonly core?: Core;
  /** How long a command may go on after its signal has aborted, in milliseconds. Default 1000. */
  readonly graceMs?: number;
}

/** What was found in order, and what was not looked at, a line each. */
export interface PluginReport {
  readonly passed: readonly string[];
  readonly skipped: readonly string[];
}

const GRACE_MS = 1000;
/** On a busy machine anybody may hold up others once. */
const TRIES = 3;
/** A record of the agent. */
const HOG = /held up all sessions/;
/** More than an agent takes to close: for its calls, and for services. */
const CLOSING_SECONDS = 20;

/**
 * Tests a plugin: that an agent takes it, and lets it go again; that arguments which do not fit its schemas are refused. Of
 * each example, until one of these fails: that it draws a success which fits `returns`, does not hold up other sessions, and
 * draws such a success with a resync behind it as well, and on two sessions at once; that it ends when its peer has gone in
 * the middle, by itself or because of that, and when it is aborted. What the plugin's services and its state of sessions
 * throw when they are disposed of is a failure as well.
 *
 * @throws Error with a line for each check that failed
 */
export async function testPlugin(plugin: Plugin, options: PluginTestOptions = {}): Promise<PluginReport> {
  const checks = new Checks();
  await checks.run("an agent takes it, lets it go and takes it again", () => comeAndGo(plugin, options));
  if (checks.failed.length === 0) {
    const bench = new Bench(plugin, options.core);
    const { examples = {} } = options;
    const commands = bench.commands();
    await checks.run("the examples are of its commands", () => {
      const strangers = Object.keys(examples).filter((name) => !commands.some((command) => command.name === name));
      if (strangers.length > 0) throw new Error(`it has no command ${strangers.join(", ")}`);
    });
    for (const command of commands) {
      await testArguments(checks, bench, command);
      for (const args of examples[command.name] ?? []) await testExample(checks, bench, command, args, plugin, options);
      if (examples[command.name] === undefined) checks.skip(`${command.name}: it is not run, for it has no examples`);
    }
    await checks.run("the agent goes on after all that, and closes", () => bench.finish());
  }
  return checks.report(`plugin '${textOf(plugin?.name)}'`);
}

class Checks {
  readonly failed: string[] = [];
  private readonly passed: string[] = [];
  private readonly skipped: string[] = [];

  /** Runs a check, which throws where it fails. Returns whether it passes. */
  async run(what: string, check: () => void | Promise<void>): Promise<boolean> {
    try {
      await check();
      this.passed.push(what);
      return true;
    } catch (error) {
      this.failed.push(`${what}: ${textOf(error)}`);
      return false;
    }
  }

  skip(what: string): void {
    this.skipped.push(what);
  }

  report(whose: string): PluginReport {
    const { failed, passed, skipped } = this;
    if (failed.length === 0) return { passed, skipped };
    const lines = failed.map((line) => `\n  ${line}`).join("");
    throw new Error(`${whose} fails ${failed.length} of ${failed.length + passed.length} checks:${lines}`);
  }
}

async function comeAndGo(plugin: Plugin, { core }: PluginTestOptions): Promise<void> {
  const records = new Records();
  const agent = createAgent({ plugins: [plugin], logger: records, ...(core === undefined ? {} : { core }) });
  await within(agent.plugins.remove(plugin.name), "it does not go");
  agent.plugins.add(plugin);
  await within(agent.close(), "the agent does not close");
  records.checkDisposal();
}

/** That it refuses what its schema does. */
async function testArguments(checks: Checks, bench: Bench, command: CommandDescription): Promise<void> {
  const { name } = command;
  if (command.arguments === undefined) {
    checks.skip(`${name}: what arguments it refuses, for it does not declare them in QAPI's words`);
    return;
  }
  for (const { what, member, args } of badArguments(command.arguments)) {
    await checks.run(`${name}: it refuses arguments ${what}`, async () => {
      const before = bench.runCount;
      const { error } = replyIn(await bench.ask(request(name, args)));
      if (bench.runCount > before) throw new Error("it has run");
      if (error === undefined || !error.desc.includes(`'${member}'`)) throw new Error("they were accepted");
    });
  }
}

/** Whether it does what it should with an example. */
async function testExample(
  checks: Checks,
  bench: Bench,
  command: CommandDescription,
  args: object,
  plugin: Plugin,
  options: PluginTestOptions,
): Promise<void> {
  for (const [what, check] of Object.entries(exampleChecks(bench, command, args, plugin, options))) {
    // Where one fails others would too, and one that never ends takes half a minute for each.
    if (!(await checks.run(`${command.name} ${labelOf(args)}: ${what}`, check))) return;
  }
}

function exampleChecks(
  bench: Bench,
  command: CommandDescription,
  args: object,
  plugin: Plugin,
  { core, graceMs = GRACE_MS }: PluginTestOptions,
): Record<string, () => Promise<void>> {
  const call = request(command.name, args);
  return {
    "it answers, and holds up nobody": async () => {
      for (let tries = 1; ; tries++) {
        checkReply(command, await bench.ask(call));
        const record = bench.records.take(HOG);
        if (record === undefined) return;
        if (tries === TRIES) throw new Error(`the agent logged: ${record}`);
      }
    },
    "its reply survives a resync in the middle": async () => {
      const peer = bench.connect();
      peer.sendBytes(encoder.encode(call));
      peer.send(sync(7));
      const text = await within(peer.until(synced(7)), "no answer");
      const end = `${FLUSHED}${synced(7)}`;
      if (!text.endsWith(end)) throw new Error(`the agent answered ${JSON.stringify(text)}`);
      checkReply(command, text.slice(0, -end.length));
      peer.hangUp();
    },
    "two sessions at once are answered": async () => {
      for (const text of await Promise.all([bench.ask(call), bench.ask(call)])) checkReply(command, text);
    },
    "it ends when its peer has gone": async () => {
      const { peer, finished } = await bench.begin(call);
      peer.hangUp();
      await within(finished, "it goes on");
      bench.records.checkDisposal();
    },
    "it ends when it is aborted": async () => {
      const clock = fakeClock();
      const aborted = new Bench(plugin, core, clock);
      try {
        const { finished } = await aborted.begin(call);
        // At the deadline, where it has one; when the agent closes, where not.
        clock.pass(LONGEST_MS);
        void aborted.agent.close();
        if (await isOverWithin(finished, graceMs)) return;
        throw new Error(`it goes on for ${graceMs} ms after that; end it when call.signal aborts`);
      } finally {
        const closing = aborted.agent.close();
        for (let seconds = 0; seconds < CLOSING_SECONDS && !(await isOverWithin(closing, 0)); seconds++)
          clock.pass(1000);
      }
    },
  };
}

const encoder = new TextEncoder();

function request(name: string, args: object): string {
  return `{"execute":"${name}","arguments":${formatJson(args)}}\n`;
}

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/** The one reply that a text holds. */
function replyIn(text: string): Reply {
  const lines = text.split("\n");
  if (lines.length !== 2 || lines[1] !== "") throw new Error(`there must be one reply, not ${JSON.stringify(text)}`);
  return parseJson(text.replace("\xff", "")) as Reply;
}

/** Throws where the reply is no success, or does not fit what the command says that it returns. */
function checkReply({ successResponse, returns }: CommandDescription, text: string): void {
  if (text === "" && !successResponse) return;
  const reply = replyIn(text);
  if (reply.error !== undefined) throw new Error(`the answer is an error: ${reply.error.desc}`);
  if (returns === undefined) return;
  const spelled = parseSpelling(text.replace("\xff", ""), reply) as Json;
  const before = formatJson(reply);
  const mistake = mistakeInObject({ return: returns }, reply as Json, spelled);
  if (mistake !== undefined) throw new Error(`its result is not as 'returns' has it: ${mistake}`);
  // In arguments negative ones wrap, as QEMU has it. In a result there are none.
  if (formatJson(reply) !== before) throw new Error("its result has a negative number where 'returns' has none");
}

/** Arguments in a line of a report. */
function labelOf(args: object): string {
  const text = formatJson(args) ?? "";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
