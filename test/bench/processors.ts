// Where processes run, and what they take there. Linux only; elsewhere nothing is known.

import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";

/**
 * What the system says of this process's own processors: "0-1" for all it may use, "0" for one of them. Undefined where
 * there is no choice, or no way to choose.
 */
export function processors(): { readonly all: string; readonly one: string } | undefined {
  try {
    const [, all] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    const [one] = all?.match(/^\d+/) ?? [];
    if (all === undefined || one === undefined || one === all) return undefined;
    place(process.pid, all);
    return { all, one };
  } catch {
    return undefined;
  }
}

/** Lets a process, with all its threads, run on these processors only. Throws where that cannot be had. */
export function place(pid: number, list: string): void {
  execFileSync("taskset", ["-acp", list, String(pid)], { stdio: "pipe" });
}

/** Nanoseconds for which the threads of a process have run; undefined where the system does not tell. */
export function runNanoseconds(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]))
      .reduce((sum, value) => sum + value, 0);
  } catch {
    return undefined;
  }
}
