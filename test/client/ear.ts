// What a client wrote and was told, read by other means than its own.

interface Request {
  readonly execute: string;
  readonly arguments?: { readonly id?: unknown };
  readonly id?: string;
}

/** Of a request: what makes it this one. */
export function keyOf(command: string, args: object | undefined): string {
  return JSON.stringify([command, args]);
}

export class Ear {
  /** Answers to the synchronisation that was the last then, as the protocol wants them. */
  syncs = 0;
  /** Requests by their ids. */
  private readonly requests = new Map<string, string>();
  /** Requests that went out without an id. */
  private readonly nameless = new Set<string>();
  /** Requests, and what came with their ids. */
  private readonly answers = new Set<string>();
  private sync: Request | undefined;
  private line = "";

  /** The client wrote this. */
  wrote(bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString();
    if (bytes[0] === 0xff) {
      this.sync = JSON.parse(text.slice(1)) as Request;
      return;
    }
    const { execute, arguments: args, id } = JSON.parse(text) as Request;
    if (id === undefined) this.nameless.add(keyOf(execute, args));
    else this.requests.set(id, keyOf(execute, args));
  }

  /** The client was told this, in latin-1. */
  heard(text: string): void {
    const lines = (this.line + text).split("\n");
    this.line = lines.pop() ?? "";
    for (const line of lines) this.read(line);
  }

  /** The link was lost, and what was half said with it. */
  forget(): void {
    this.line = "";
  }

  private read(line: string): void {
    const from = line.lastIndexOf("\xff") + 1;
    let reply: { return?: unknown; error?: { desc?: unknown }; id?: unknown } | null;
    try {
      reply = JSON.parse(Buffer.from(line.slice(from), "latin1").toString()) as typeof reply;
    } catch {
      return;
    }
    if (this.sync !== undefined && reply?.return === this.sync.arguments?.id)
      if (from > 0 || this.sync.execute === "guest-sync") this.syncs++;
    const request = typeof reply?.id === "string" ? this.requests.get(reply.id) : undefined;
    if (request !== undefined) this.answers.add(request + exact(reply?.error?.desc ?? reply?.return));
  }

  /** Whether the request went out without an id: on a damaged channel its answer cannot be told from others. */
  isNameless(request: string): boolean {
    return this.nameless.has(request);
  }

  /** Whether this, a value or the text of an error, came with the id of this request. */
  isOwn(request: string, answer: unknown): boolean {
    return this.answers.has(request + exact(answer));
  }
}

/** As JSON. A double is enough for integers. */
export function exact(value: unknown): string {
  return String(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? Number(part) : part)));
}
