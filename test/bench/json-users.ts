// What a program without an agent would do with the bytes of requests: the measure for ours.

import type { Answerer } from "./answerers.ts";

interface Request {
  readonly arguments: { readonly id: unknown };
}

/** Reads requests with JSON.parse, one a line, and answers nothing. */
export class Parser implements Answerer {
  static readonly subject = "decode, JSON.parse";
  readonly subject = Parser.subject;
  readonly out = new Uint8Array(0);
  /** Kept, or a compiler might leave out what nobody uses. */
  last: unknown;
  private readonly decoder = new TextDecoder();

  answer(chunk: Uint8Array): number {
    const text = this.decoder.decode(chunk);
    if (text.indexOf("\n") === text.length - 1) {
      this.last = JSON.parse(text);
    } else {
      for (const line of text.split("\n")) if (line !== "") this.last = JSON.parse(line);
    }
    return 0;
  }
}

/** Reads requests with JSON.parse and writes replies with JSON.stringify, without checking anything. */
export class Responder implements Answerer {
  static readonly subject = "decode, parse, stringify, encode";
  readonly subject = Responder.subject;
  out = new Uint8Array(0);
  private readonly decoder = new TextDecoder();
  private readonly encoder = new TextEncoder();

  answer(chunk: Uint8Array): number {
    const text = this.decoder.decode(chunk);
    if (text.indexOf("\n") === text.length - 1) {
      this.out = this.encoder.encode(reply(text));
    } else {
      let replies = "";
      for (const line of text.split("\n")) if (line !== "") replies += reply(line);
      this.out = this.encoder.encode(replies);
    }
    return this.out.length;
  }
}

function reply(line: string): string {
  return `${JSON.stringify({ return: (JSON.parse(line) as Request).arguments.id })}\n`;
}
