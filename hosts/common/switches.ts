// Which commands are enabled: what the policy says, what the owner says by name, and what the freeze makes of both.

import type { Engine } from "./engine.ts";
import { allowedBy, type Policy } from "./policy.ts";

export class Switches {
  private readonly engine: Engine;
  private isAllowed: (command: string) => boolean;
  /** Disabled by name, and why: whatever the policy says. */
  private readonly off = new Map<string, string>();
  /** Enabled by name, although the policy does not. */
  private readonly on = new Set<string>();

  constructor(engine: Engine, policy: Policy) {
    this.engine = engine;
    this.isAllowed = allowedBy(policy);
  }

  enable(name: string): void {
    this.engine.enable(name);
    this.off.delete(name);
    this.on.add(name);
  }

  disable(name: string, reason: string): void {
    this.engine.disable(name, reason);
    this.off.set(name, reason);
    this.on.delete(name);
  }

  setPolicy(policy: Policy): void {
    this.engine.checkOpen();
    this.isAllowed = allowedBy(policy);
    this.on.clear();
    this.refresh();
  }

  /** Why a command is disabled, "" for no reason; undefined where it is enabled. The freeze aside. */
  objection(name: string): string | undefined {
    return this.off.get(name) ?? (this.on.has(name) || this.isAllowed(name) ? undefined : "");
  }

  /**
   * Has the engine follow. While the agent is frozen the policy does not hold for commands that may run then, as in the
   * original since 9.1 (PROTOCOL 7.1): whoever can freeze can thaw. What was disabled by name stays so.
   */
  refresh(): void {
    const { engine } = this;
    for (const { name } of engine.list()) {
      const isExempt = engine.frozen && !this.off.has(name) && engine.state(name).whileFrozen;
      const reason = isExempt ? undefined : this.objection(name);
      if (reason === undefined && engine.isDisabled(name)) engine.enable(name);
      if (reason !== undefined && !engine.isDisabled(name)) engine.disable(name, reason);
    }
  }

  /** Other commands are there now. What was said of those that went does not hold for others of their names. */
  commandsChanged(): void {
    const there = new Set(this.engine.list().map(({ name }) => name));
    for (const name of [...this.off.keys(), ...this.on]) {
      if (there.has(name)) continue;
      this.off.delete(name);
      this.on.delete(name);
    }
    this.refresh();
  }
}
