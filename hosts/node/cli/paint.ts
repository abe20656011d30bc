// Colours, and bytes as one can see them.

/** Styles of a terminal, by their number. */
export const [BOLD, DIM, INVERSE, RED, GREEN, CYAN] = [1, 2, 7, 31, 32, 36] as const;

/** The terminal knows no escape codes, as a console at boot. */
export const IS_DUMB = process.env["TERM"] === "dumb";

export type Paint = (style: number, text: string) => string;

/** Paints for this stream: not at all where it is no terminal, or its user wants no colours. */
export function painter({ isTTY }: NodeJS.WriteStream): Paint {
  const inColour = isTTY && !process.env["NO_COLOR"] && !IS_DUMB;
  return (style, text) => (inColour ? `\x1b[${style}m${text}\x1b[0m` : text);
}

/** Bytes, given as latin-1: those that are no printable ASCII by their number. */
function visible(bytes: string, paint: Paint): string {
  return bytes.replace(/[^ -~]/g, (byte) =>
    paint(INVERSE, `<${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}>`),
  );
}

/** What a client says, and what an agent does: a line of bytes each. */
export function traceLine(direction: "in" | "out", bytes: string, paint: Paint): string {
  const who = direction === "out" ? paint(CYAN, "client →") : paint(GREEN, "agent  ←");
  return `  ${who} ${visible(bytes, paint)}`;
}
