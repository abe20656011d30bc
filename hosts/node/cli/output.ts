// What it means that stdout cannot be written.

let afterword = "";

/** From now on what is written is what an agent returned. */
export function expectResults(): void {
  afterword = "; the agent has answered";
}

/** The line about it. */
export function outputText(code: string | undefined): string {
  return `the output cannot be written (${code})${afterword}`;
}
