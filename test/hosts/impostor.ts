// Something that is no agent, but listens where one is looked for.

import { type Server, createServer } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { temporaryFolder } from "./rig.ts";

/** Answers what this says to what came, and hangs up where it says nothing. Returns the path of its socket. */
export async function impostor(t: TestContext, answer: (request: string) => string | undefined): Promise<string> {
  const path = join(temporaryFolder(t), "socket");
  const server: Server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket
      .on("error", () => {})
      .on("data", (bytes) => {
        const text = answer(bytes.toString("latin1"));
        if (text === undefined) socket.destroy();
        else socket.write(text, "latin1");
      });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => server.close());
  return path;
}

/** The answer to a sync; undefined where the request is something else. */
export function syncReply(request: string): string | undefined {
  const [, id] = /"guest-sync-delimited","arguments":\{"id":(\d+)\}/.exec(request) ?? [];
  return id === undefined ? undefined : `\xff{"return": ${id}}\n`;
}
