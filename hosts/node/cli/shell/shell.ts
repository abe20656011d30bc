// What a line does, whoever typed it.

import type { GuestClient } from "../../../common/client/index.ts";
import { jsonText } from "../printable.ts";
import { readInput } from "./input.ts";
import { runOwn } from "./own-commands.ts";
import type { Screen } from "./screen.ts";
import { infoTable, isInfo } from "./table.ts";
import type { Tracer } from "./tracer.ts";

export class Shell {
  /** It was asked to end. */
  isOver = false;
  /** The link is lost. */
  isLost = false;
  readonly target: string;
  readonly client: GuestClient;
  readonly screen: Screen;
  readonly tracer: Tracer;

  constructor(target: string, client: GuestClient, screen: Screen, tracer: Tracer) {
    this.target = target;
    this.client = client;
    this.screen = screen;
    this.tracer = tracer;
  }

  /** Does what the line says. The signal gives a call up. Throws a Mistake, or what the client throws. */
  async run(line: string, signal?: AbortSignal): Promise<void> {
    const input = readInput(line);
    if (input.kind === "own") {
      const text = await runOwn(this, input.name, input.argument, signal);
      if (text !== undefined) this.screen.print(text);
    } else if (input.kind === "call") {
      const value = await this.reach().executeUntyped(input.command, input.args, { signal });
      if (value !== undefined) this.screen.print(this.textOf(input.command, value));
    }
  }

  /** The client, for what needs the agent: says so where that has to be waited for. */
  reach(): GuestClient {
    if (this.isLost) this.screen.note("waiting for the agent");
    return this.client;
  }

  private textOf(command: string, value: unknown): string {
    const { isForPeople, paint } = this.screen;
    if (isForPeople && command === "guest-info" && isInfo(value)) return infoTable(value, paint);
    return jsonText(value, isForPeople);
  }
}
