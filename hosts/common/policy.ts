// Lists of commands that are enabled, and not.

/**
 * Which commands are enabled: when they come, at the start and with plugins that are added later, and when it is set anew.
 * Names that no command has are accepted, as in the original.
 */
export interface Policy {
  /** Only these; without it all. */
  readonly allow?: readonly string[];
  /** Not these, whatever `allow` says. */
  readonly block?: readonly string[];
}

/** Whether the policy lets a command be enabled. */
export function allowedBy({ allow, block }: Policy): (command: string) => boolean {
  return (name) => (allow === undefined || allow.includes(name)) && !block?.includes(name);
}
