// Rows in columns.

import type { GuestAgentInfo } from "../../../common/client/index.ts";
import { BOLD, DIM, type Paint } from "../paint.ts";
import { inOneLine } from "../printable.ts";

const GAP = "  ";

/** Rows as lines: each column as wide as its longest cell. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) => row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell)).join(GAP));
}

/** What guest-info returned, by name. */
export function infoTable({ version, supported_commands: commands }: GuestAgentInfo, paint: Paint): string {
  const rows = commands
    .map((command) => [
      inOneLine(command.name),
      command.enabled ? "yes" : "no",
      command["success-response"] ? "yes" : "on error only",
    ])
    .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  const [head = "", ...lines] = columns([["command", "enabled", "replies"], ...rows]);
  return [`version ${paint(BOLD, inOneLine(version))}`, paint(DIM, head), ...lines].join("\n");
}

/** Whether a value is what guest-info returns. An agent may return anything. */
export function isInfo(value: unknown): value is GuestAgentInfo {
  const info = value as Partial<GuestAgentInfo> | null;
  return (
    typeof info?.version === "string" &&
    Array.isArray(info.supported_commands) &&
    info.supported_commands.every(
      (command: unknown) => typeof (command as { name?: unknown } | null)?.name === "string",
    )
  );
}
