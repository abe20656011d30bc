// The load on agents that run side by side, in rounds: each agent once in each, with the same load.

import { C_HOST, type RunningAgent } from "./agents.ts";
import { type Group, type Samples, figuresOf } from "./figures.ts";
import { type Load, runLoad } from "./load.ts";
import { place, processors } from "./processors.ts";
import type { Tell } from "./progress.ts";
import { againstReal } from "./rivals.ts";

/** A kind of load, and how many times qemu-ga's rate DESIGN asks for. */
interface Trial {
  readonly title: string;
  readonly load: Load;
  readonly unit: "/s" | "MB/s";
  readonly least: number;
  /** The same for the C host, where it is another. */
  readonly leastInC?: number;
  /** Client and agent share a processor. */
  readonly together?: true;
}

const TRIALS: readonly Trial[] = [
  { title: "guest-sync, one at a time", load: { mode: "alone" }, unit: "/s", least: 1.5, leastInC: 2 },
  // Where the two sit on different processors, each message has to wake one that may be idle. In a virtual machine that can
  // take longer than both programs together, and it is the same for all agents: so once without it.
  {
    title: "guest-sync, one at a time, client and agent on one processor",
    load: { mode: "alone" },
    unit: "/s",
    least: 1.5,
    leastInC: 2,
    together: true,
  },
  { title: "guest-sync, pipelined", load: { mode: "pipelined" }, unit: "/s", least: 8, leastInC: 20 },
  { title: "a string of 1 MB, echoed", load: { mode: "echo", bytes: 1_000_000 }, unit: "MB/s", least: 10 },
  { title: "a string of 10 MB, echoed", load: { mode: "echo", bytes: 10_000_000 }, unit: "MB/s", least: 10 },
];

const LOAD_SECONDS = 0.4;

/** What one run showed of an agent. */
interface Run {
  /** In the trial's unit. */
  readonly rate: number;
  /** What the agent's threads took for a request, in microseconds, where the system tells. */
  readonly cost: number | undefined;
}

/** Runs all trials; adds a line to `notes` for each that is left out. */
export async function runTrials(
  agents: readonly RunningAgent[],
  load: string,
  rounds: number,
  tell: Tell,
  notes: string[],
): Promise<Group[]> {
  const groups: Group[] = [];
  const choice = processors();
  for (const trial of TRIALS) {
    if (trial.together && choice === undefined) {
      notes.push(`left out, for want of two processors or of taskset: ${trial.title}`);
      continue;
    }
    if (trial.together && choice !== undefined) for (const agent of agents) place(agent.pid, choice.one);
    const command = trial.together && choice !== undefined ? ["taskset", "-c", choice.one, load] : [load];
    const runs = await inTurns(agents, trial, command, rounds, (done) => tell(trial.title, done));
    if (trial.together && choice !== undefined) for (const agent of agents) place(agent.pid, choice.all);
    groups.push(...groupsOf(agents, trial, runs));
  }
  return groups;
}

/** All runs of each agent that count, in the order of the agents. */
async function inTurns(
  agents: readonly RunningAgent[],
  trial: Trial,
  command: readonly string[],
  rounds: number,
  tell: (done: number) => void,
): Promise<Run[][]> {
  const runs = agents.map(() => [] as Run[]);
  // The first round is for the compilers in the agents.
  for (let round = -1; round < rounds; round++) {
    tell((round + 1) / (rounds + 1));
    for (let i = 0; i < agents.length; i++) {
      // Another one begins each time: none always follows the same other.
      const n = (i + round + 1) % agents.length;
      const agent = agents[n];
      if (agent === undefined) continue;
      const run = await oneRun(agent, trial, command);
      if (round >= 0) runs[n]?.push(run);
    }
  }
  return runs;
}

async function oneRun(agent: RunningAgent, trial: Trial, command: readonly string[]): Promise<Run> {
  const before = agent.runNanoseconds();
  const { requests, seconds } = await runLoad(command, agent.socket, trial.load, LOAD_SECONDS);
  const after = agent.runNanoseconds();
  const rate = requests / seconds;
  return {
    rate: trial.load.mode === "echo" ? (rate * trial.load.bytes) / 1e6 : rate,
    cost: before === undefined || after === undefined ? undefined : (after - before) / 1000 / requests,
  };
}

function groupsOf(agents: readonly RunningAgent[], trial: Trial, runs: readonly Run[][]): Group[] {
  const samplesOf = (value: (run: Run) => number | undefined): Samples[] =>
    agents.map(({ subject }, n) => ({
      subject,
      values: (runs[n] ?? []).map(value).filter((number) => number !== undefined),
    }));
  const rates: Group = {
    title: `unix socket: ${trial.title}`,
    unit: trial.unit,
    figures: figuresOf(
      samplesOf((run) => run.rate),
      "more",
      againstReal(agents, (subject) => (subject === C_HOST ? (trial.leastInC ?? trial.least) : trial.least)),
    ),
  };
  const costs = samplesOf((run) => run.cost);
  // For one request at a time it says what an agent costs, whoever has to be woken.
  if (!trial.together || costs.some(({ values }) => values.length === 0)) return [rates];
  const title = "processor time of the agent for a request, in the same runs";
  return [rates, { title, unit: "µs", figures: figuresOf(costs, "less", againstReal(agents)) }];
}
