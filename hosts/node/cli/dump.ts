// What `-D` prints: the configuration as a file, byte for byte as qemu-ga writes it (PROTOCOL 7.4).

import type { Configuration } from "./configuration.ts";
import { namesIn } from "./lists.ts";

/** The text of a configuration file that says the same. */
export function dump(configuration: Configuration): string {
  const { daemon, method, path, logfile, pidfile, fsfreezeHook, statedir, verbose, retryPath } = configuration;
  const entries: readonly (readonly [key: string, value: string | boolean | undefined])[] = [
    ["daemon", daemon],
    ["method", method],
    ["path", path],
    ["logfile", logfile],
    ["pidfile", pidfile],
    ["fsfreeze-hook", fsfreezeHook],
    ["statedir", statedir],
    ["verbose", verbose],
    ["retry-path", retryPath],
    ["block-rpcs", listed(configuration.blockRpcs)],
    ["allow-rpcs", listed(configuration.allowRpcs)],
  ];
  const lines = entries.map(([key, value]) => (value === undefined ? "" : `${key}=${escaped(String(value))}\n`));
  return `[general]\n${lines.join("")}`;
}

/** The original keeps each list in reverse. */
function listed(lists: readonly string[]): string {
  return lists.flatMap((list) => namesIn([list]).toReversed()).join();
}

const ESCAPES: Readonly<Record<string, string>> = { " ": "\\s", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" };

/** White space is escaped where reading would lose it: at the start. */
function escaped(value: string): string {
  const start = /^[ \t\n\r]*/.exec(value)?.[0].length ?? 0;
  const escape = (text: string): string => text.replace(/[ \t\n\r\\]/g, (char) => ESCAPES[char] ?? char);
  return escape(value.slice(0, start)) + value.slice(start).replace(/[\n\r\\]/g, escape);
}
