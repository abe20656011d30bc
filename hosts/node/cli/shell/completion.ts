// What the Tab key offers.

import type { CompleterResult } from "node:readline";
import type { GuestClient } from "../../../common/client/index.ts";
import { OWN_COMMANDS } from "./own-commands.ts";
import { isInfo } from "./table.ts";

/** Someone waits with a finger on the key. */
const PATIENCE_MS = 1000;

/** What one would type: no other name is offered, whatever the agent says. */
const WORD = /^[\w.-]+$/;

export class Completion {
  private readonly client: GuestClient;
  private names: string[] | undefined;

  constructor(client: GuestClient) {
    this.client = client;
    // It may be another agent that comes back.
    client.observe((event) => {
      if (event.type === "state" && event.state === "lost") this.names = undefined;
    });
  }

  /** The ways in which this beginning of a line can go on, and the part of it that they replace. */
  async complete(line: string): Promise<CompleterResult> {
    const [, word = "", argument] = /^(\S*)(?:\s+(\S*))?$/.exec(line.trimStart()) ?? [];
    if (argument !== undefined) return startingWith(argument, OWN_COMMANDS[word]?.choices ?? []);
    const names = word.startsWith(".") ? Object.keys(OWN_COMMANDS) : await this.agentCommands();
    return startingWith(word, names);
  }

  private async agentCommands(): Promise<string[]> {
    if (this.names !== undefined) return this.names;
    try {
      const value: unknown = await this.client.info({ timeoutMs: PATIENCE_MS });
      const commands = isInfo(value) ? value.supported_commands : [];
      this.names = commands.map(({ name }) => name).filter((name) => WORD.test(name));
    } catch {
      // There is nothing to offer.
    }
    return this.names ?? [];
  }
}

function startingWith(start: string, words: readonly string[]): CompleterResult {
  return [words.filter((word) => word.startsWith(start)).toSorted(), start];
}
