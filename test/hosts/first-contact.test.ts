// What `npm start` shows.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, constants, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "guestwire/client";
import { websocket } from "guestwire/websocket";
import WebSocket from "ws";
import { Program, ROOT, temporaryFolder } from "./rig.ts";

const SCRIPT = join(ROOT, "dist/first-contact.js");
/** The line that people are to paste. */
const PASTE = /^(?:cd '.*' && )?node '.*cli\.js' shell '.*'$/m;

async function firstContact(t: TestContext, cwd: string): Promise<Program> {
  const program = new Program(t, process.execPath, [SCRIPT], { cwd });
  await program.until(() => PASTE.test(program.stdout), "the line to paste");
  return program;
}

test("shows noise, a sync, a ping and the table of commands, as they went over the socket", async (t) => {
  const { stdout } = await firstContact(t, temporaryFolder(t));
  const shown = stdout.split("\n");
  const at = (line: string): number => {
    const index = shown.indexOf(line);
    assert.ok(index >= 0, `${line} in\n${stdout}`);
    return index;
  };
  const id = /<FF>\{"return": (\d+)\}/.exec(stdout)?.[1];
  const order = [
    at('  client → %{"execute": "guest-pi'),
    at(`  agent  ← {"error": {"class": "GenericError", "desc": "JSON parse error, stray '%'"}}<0A>`),
    at(`  client → <FF>{"execute": "guest-sync-delimited", "arguments": {"id": ${id}}}<0A>`),
    at(`  agent  ← <FF>{"return": ${id}}<0A>`),
    at('  client → {"execute": "guest-ping", "id": "hello"}<0A>'),
    at('  agent  ← {"return": {}, "id": "hello"}<0A>'),
    at('  client → {"execute": "guest-info"}<0A>'),
    ...["guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"].map((name) =>
      at(`${name.padEnd(20)}  yes      yes`),
    ),
  ];
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.equal(stdout.includes("\x1b"), false);
});

for (const [where, name] of [
  ["", `it's "here"`],
  [", also where the path is too long for a socket", `it's "$HOME" \\ far down, ${"x".repeat(120)}`],
] as const) {
  test(`the pasted line works in a shell, from anywhere${where}`, async (t) => {
    const folder = join(temporaryFolder(t), name);
    mkdirSync(folder);
    const program = await firstContact(t, folder);
    const [line] = PASTE.exec(program.stdout) ?? [""];
    assert.equal(line.startsWith("cd "), where !== "");
    for (let i = 0; i < 2; i++) {
      const said = execFileSync("sh", ["-c", line], { cwd: tmpdir(), encoding: "utf8", input: "guest-info\n" });
      assert.match(said, /^\{"version":".*","supported_commands":\[.*\]\}\n$/);
    }
    program.kill("SIGINT");
    const { status, stderr } = await program.ended;
    assert.deepEqual([status, stderr], [0, ""]);
    assert.equal(existsSync(join(folder, "run/guestwire.sock")), false);
  });
}

test("the address of its console is there: the page, and the agent behind it", async (t) => {
  const { stdout } = await firstContact(t, temporaryFolder(t));
  const [, origin = "", token = ""] =
    /^(http:\/\/localhost:\d+)\/#token=([\w-]+)$/m.exec(stdout) ?? assert.fail(stdout);
  assert.match(await (await fetch(origin)).text(), /<guestwire-console>/);
  const bridge = `${origin.replace("http", "ws")}/bridge`;
  const socket = new WebSocket(bridge, ["guestwire", `guestwire.token.${token}`], { origin });
  const client = await connect(websocket(socket));
  assert.equal((await client.info()).supported_commands.length, 4);
  await client.close();
});

test("says so in one line where an agent is there already", async (t) => {
  const folder = temporaryFolder(t);
  await firstContact(t, folder);
  const { status, stdout, stderr } = await new Program(t, process.execPath, [SCRIPT], { cwd: folder }).ended;
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^guestwire: somebody listens on run\/guestwire.sock already; [^\n]*\n$/);
});

test("says so in one line where its folder cannot be made", async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "run"), "precious");
  const { status, stdout, stderr } = await new Program(t, process.execPath, [SCRIPT], { cwd: folder }).ended;
  assert.deepEqual([status, stdout], [1, ""]);
  assert.equal(stderr, "guestwire: run is not a folder; remove it or start in another folder\n");
});

test("ends and removes its socket where nobody reads what it prints", (t) => {
  const folder = temporaryFolder(t);
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY);
  closeSync(reader);
  const { status, signal, stderr } = spawnSync(process.execPath, [SCRIPT], {
    cwd: folder,
    stdio: ["ignore", writer, "pipe"],
    encoding: "utf8",
    timeout: 60_000,
  });
  closeSync(writer);
  assert.deepEqual([status, signal, stderr], [0, null, ""]);
  assert.equal(existsSync(join(folder, "run")), true);
  assert.equal(existsSync(join(folder, "run/guestwire.sock")), false);
});

test("in colour on a terminal, unless NO_COLOR is set", async (t) => {
  for (const [noColour, coloured] of [
    ["", true],
    ["1", false],
  ] as const) {
    const env = { ...process.env, NO_COLOR: noColour };
    // script runs it on a terminal of its own.
    const line = `exec '${process.execPath}' '${SCRIPT}'`;
    const program = new Program(t, "script", ["-qefc", line, "/dev/null"], { cwd: temporaryFolder(t), env });
    await program.until(() => PASTE.test(program.stdout), "the line to paste");
    assert.equal(program.stdout.includes("\x1b["), coloured);
    program.kill("SIGTERM");
    await program.ended;
  }
});
