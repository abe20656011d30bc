// Agents on unix sockets, side by side: ours with either engine and in C, and QEMU's own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentProgram, C_HOST, RunningAgent, cHost, ourAgent, realAgent } from "./agents.ts";
import { atEnd } from "./cleanup.ts";
import { type Group, figuresOf } from "./figures.ts";
import { compileLoad } from "./load.ts";
import type { Tell } from "./progress.ts";
import { againstReal } from "./rivals.ts";
import { runTrials } from "./trials.ts";

/** All groups of figures, and a line for each thing that was left out. */
export async function measureSockets(rounds: number, tell: Tell): Promise<{ groups: Group[]; notes: string[] }> {
  const notes: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), "guestwire-bench-"));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const forget = atEnd(removeFolder);
  try {
    const programs = [ourAgent("js"), ourAgent("wasm"), ...inC(notes)];
    const real = realAgent();
    if (real === undefined) notes.push("qemu-ga is not installed (Debian: qemu-guest-agent): nothing to compare with");
    else programs.push(real);
    const groups = [await startUp(programs, folder, rounds, tell)];
    const load = compiledLoad(folder, notes);
    if (load !== undefined) groups.push(...(await underLoad(programs, folder, load, rounds, tell, notes)));
    return { groups, notes };
  } finally {
    removeFolder();
    forget();
  }
}

function inC(notes: string[]): AgentProgram[] {
  try {
    return [cHost()];
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    notes.push(`left out, the C host: ${reason}`);
    return [];
  }
}

function compiledLoad(folder: string, notes: string[]): string | undefined {
  try {
    return compileLoad(folder);
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    notes.push(`no rates over the socket: the load generator needs a C compiler, named by CC or 'cc' (${reason})`);
    return undefined;
  }
}

async function startUp(programs: readonly AgentProgram[], folder: string, rounds: number, tell: Tell): Promise<Group> {
  const title = "start-up, from the process to its first answer";
  const samples = programs.map(({ subject }) => ({ subject, values: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    tell(title, round / rounds);
    for (const [n, program] of programs.entries()) {
      const agent = await RunningAgent.start(program, folder);
      samples[n]?.values.push(agent.startMs);
      await agent.stop();
    }
  }
  return { title, unit: "ms", figures: figuresOf(samples, "less", againstReal(programs)) };
}

/** The rates, and the memory before and after. */
async function underLoad(
  programs: readonly AgentProgram[],
  folder: string,
  load: string,
  rounds: number,
  tell: Tell,
  notes: string[],
): Promise<Group[]> {
  const agents: RunningAgent[] = [];
  try {
    for (const program of programs) agents.push(await RunningAgent.start(program, folder));
    const before = resident("resident memory after the start", agents);
    const rates = await runTrials(agents, load, rounds, tell, notes);
    return [...rates, ...before, ...resident("resident memory after all this", agents)];
  } finally {
    await Promise.all(agents.map((agent) => agent.stop()));
  }
}

function resident(title: string, agents: readonly RunningAgent[]): Group[] {
  const samples = agents.flatMap((agent) => {
    const bytes = agent.resident();
    return bytes === undefined ? [] : [{ subject: agent.subject, values: [bytes / 1e6] }];
  });
  const rivals = againstReal(agents, (subject) => (subject === C_HOST ? 1 : undefined));
  return samples.length === 0 ? [] : [{ title, unit: "MB", figures: figuresOf(samples, "less", rivals) }];
}
