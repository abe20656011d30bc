// The benchmark: `npm run bench`. It measures; whether a bound is held it says, but it does not fail where one is missed.

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { VERSION } from "guestwire";
import type { Group } from "./figures.ts";
import { measureClient, measureClientSockets } from "./client.ts";
import { measureInProcess } from "./in-process.ts";
import { measureMemory } from "./memory.ts";
import { HELP, Mistake, type Options, optionsOf } from "./options.ts";
import { Progress } from "./progress.ts";
import { measureSockets } from "./socket.ts";
import { summaryOf, tableOf } from "./table.ts";

/** What a run found, as `--json` writes it. */
interface Report {
  readonly guestwire: string;
  readonly node: string;
  readonly machine: string;
  readonly rounds: number;
  readonly groups: readonly Group[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

async function measure(options: Options): Promise<Report> {
  const progress = new Progress();
  const groups: Group[] = [];
  const notes: string[] = [];
  try {
    if (options.inProcess) {
      groups.push(...(await measureInProcess(options.rounds, progress.tell)), measureMemory(progress.tell));
      groups.push(await measureClient(options.rounds, progress.tell));
    }
    if (options.socket) {
      const sockets = await measureSockets(options.rounds, progress.tell);
      groups.push(...sockets.groups);
      notes.push(...sockets.notes);
      groups.push(...(await measureClientSockets(options.rounds, progress.tell)));
    }
  } finally {
    progress.end();
  }
  const processors = cpus();
  const machine = `${process.platform} ${process.arch}, ${processors.length} × ${processors[0]?.model.trim() ?? "?"}`;
  return { guestwire: VERSION, node: process.version, machine, rounds: options.rounds, groups, notes };
}

function show(report: Report): string {
  const head = `guestwire ${report.guestwire}, node ${report.node}, ${report.machine}, ${report.rounds} rounds`;
  return [head, "", tableOf(report.groups), ...report.notes, summaryOf(report.groups), ""].join("\n");
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
  } else {
    const report = await measure(options);
    const json = `${JSON.stringify(report, null, 2)}\n`;
    if (options.json === "") process.stdout.write(json);
    else if (options.json !== undefined) writeFileSync(options.json, json);
    (options.json === "" ? process.stderr : process.stdout).write(show(report));
  }
} catch (error) {
  const text = error instanceof Mistake ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`bench: ${text}\n`);
  process.exitCode = 1;
}
