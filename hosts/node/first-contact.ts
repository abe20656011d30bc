// What `npm start` shows: an agent on a socket, what a client says to it, and its console. All bytes shown went over that
// socket.

import { mkdirSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { GuestAgentInfo } from "../common/client/index.ts";
import { createAgent } from "../common/index.ts";
import { serveConsole } from "./cli/console/serve.ts";
import { ENGINES } from "./cli/engines.ts";
import { Mistake, mistakeOf } from "./cli/mistake.ts";
import { BOLD, painter, traceLine } from "./cli/paint.ts";
import { quoted } from "./cli/printable.ts";
import { infoTable } from "./cli/shell/table.ts";
import { stopSignal } from "./cli/stop-signal.ts";
import { PATH_BYTES } from "./socket-file.ts";
import { listenUnix } from "./unix.ts";

const FOLDER = "run";
const PATH = `${FOLDER}/guestwire.sock`;
const paint = painter(process.stdout);
const print = (line = ""): void => console.log(line);

/** Sends bytes, shows them, and shows each line of the answer up to one that ends with this. Returns that one. */
async function say(socket: Socket, bytes: string, last: string): Promise<string> {
  print(traceLine("out", bytes, paint));
  socket.write(bytes, "latin1");
  let answer = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    answer += (chunk as Buffer).toString("latin1");
    if (answer.endsWith(last)) break;
  }
  const lines = answer.match(/[^\n]*\n/g) ?? [];
  for (const line of lines) print(traceLine("in", line, paint));
  return lines.at(-1) ?? "";
}

async function show(socket: Socket): Promise<void> {
  const id = Math.floor(Math.random() * 1e9);
  print(paint(BOLD, "\n1. Somebody was here before: noise, and half a message"));
  await say(socket, '%{"execute": "guest-pi', "\n");
  print(paint(BOLD, "\n2. A careful client starts with FF, which is in no message: the half one is forgotten."));
  print("   Then a delimited sync. Its answer alone has FF before it: what came earlier is thrown away.");
  await say(socket, `\xff{"execute": "guest-sync-delimited", "arguments": {"id": ${id}}}\n`, `\xff{"return": ${id}}\n`);
  print(paint(BOLD, "\n3. From here on both sides agree. Is anybody there?"));
  await say(socket, '{"execute": "guest-ping", "id": "hello"}\n', "\n");
  print(paint(BOLD, "\n4. What can you do?"));
  const info = JSON.parse(await say(socket, '{"execute": "guest-info"}\n', "\n")) as { return: GuestAgentInfo };
  print(`\n${infoTable(info.return, paint)}`);
}

/** A line for a shell, in whatever folder it is: talks to the agent. */
function tryIt(): string {
  const absolute = resolve(PATH);
  if (Buffer.byteLength(absolute) <= PATH_BYTES) return talkTo(absolute);
  return `cd ${quoted(process.cwd())} && ${talkTo(PATH)}`;
}

function talkTo(path: string): string {
  return `node ${quoted(fileURLToPath(new URL("cli.js", import.meta.url)))} shell ${quoted(path)}`;
}

function makeFolder(): void {
  try {
    mkdirSync(FOLDER, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new Mistake(`${FOLDER} is not a folder; remove it or start in another folder`);
    throw new Mistake(`the folder ${FOLDER} cannot be made (${code}); start in another folder`);
  }
}

/** Settles when nobody reads what is printed any more: `npm start | head -2`. From then on prints go nowhere. */
function readerGone(): Promise<void> {
  return new Promise((settle) => process.stdout.on("error", () => settle()));
}

try {
  const stopped = Promise.race([stopSignal(), readerGone()]);
  makeFolder();
  // The engine that runs everywhere.
  const agent = createAgent({ core: await ENGINES.js() });
  const listener = await listenUnix(agent, PATH);
  print(`An agent listens on ${paint(BOLD, PATH)}. This is what a client does:`);
  const socket = connect(PATH);
  await show(socket);
  socket.end();
  const page = await serveConsole({ bridge: PATH });
  print(`\nIt goes on serving; Ctrl-C ends it. Talk to it yourself, in a browser:\n\n${paint(BOLD, page.address)}`);
  print(`\nor in another terminal:\n\n${tryIt()}\n`);
  await stopped;
  await page.close();
  await listener.close();
  await agent.close();
} catch (error) {
  process.stderr.write(`guestwire: ${mistakeOf(error, "npm start")}\n`);
  process.exitCode = 1;
}
