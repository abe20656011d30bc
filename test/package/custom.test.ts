// An embedder's own agent, built from the package as somebody gets it: the example, and the one of docs/own-agent.md. What
// is written there is what runs here.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, Program, listens } from "../hosts/rig.ts";
import { generic, sync, synced } from "../peer.ts";
import { AGENT, WasiProgram } from "../wasi.ts";
import { ROOT, install, run, tool } from "./packed.ts";

const SUM = '{"return": {"crc32": "cbf43926"}}\n';
const DAMAGED = generic("The text does not have this CRC-32");

function check(text: string, crc32?: string): string {
  return JSON.stringify({ execute: "custom-check", arguments: { text, crc32 } });
}

let folder = "";
/** The example, copied. */
let example = "";

before(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "guestwire-custom-")));
  await install(folder);
  example = join(folder, "custom");
  cpSync(join(folder, "node_modules/guestwire/hosts/wasm/examples/custom"), example, { recursive: true });
  await build(readFileSync(join(example, "README.md"), "utf8"), example);
});

after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs asc as a page says. */
async function build(page: string, cwd: string): Promise<void> {
  const commands = [...page.matchAll(/^ {4}npx asc (.+)$/gm)].map((match) => match[1] ?? "");
  assert.ok(commands.length > 0);
  for (const command of commands) await run(tool("asc"), command.split(" "), { cwd });
}

/** The files that a page shows: a name before a block of code. */
function files(page: string): [name: string, text: string][] {
  return [...page.matchAll(/`([a-z-]+\.[a-z]+)`:\n\n```\w+\n([\s\S]*?)```/g)].map((match) => [
    match[1] ?? "",
    match[2] ?? "",
  ]);
}

function moduleOf(file: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(file));
}

/** The names of the commands that guest-info lists. */
function listed(reply: string): string[] {
  const { return: info } = JSON.parse(reply) as { return: { supported_commands: { name: string }[] } };
  return info.supported_commands.map(({ name }) => name);
}

test("the example as a WASI command: its command, its errors, its log", async (t) => {
  const file = join(example, "custom-wasi.wasm");
  const named = ({ name }: { name: string }): string => name;
  for (const part of [WebAssembly.Module.imports, WebAssembly.Module.exports] as const) {
    assert.deepEqual(part(moduleOf(file)).map(named).toSorted(), part(moduleOf(AGENT)).map(named).toSorted());
  }
  const program = new WasiProgram(t, file);
  assert.ok((await program.ask(sync(1), synced(1))).endsWith(synced(1)));
  assert.equal(await program.ask(check("123456789")), SUM);
  assert.equal(await program.ask(check("123456789", "cbf43926")), SUM);
  assert.equal(await program.ask(check("")), '{"return": {"crc32": "00000000"}}\n');
  assert.equal(await program.ask(check("h\xc3\xa9")), '{"return": {"crc32": "f658dc4b"}}\n');
  assert.equal(program.stderr, "");
  assert.equal(await program.ask(check("12345678", "cbf43926")), DAMAGED);
  assert.equal(await program.ask('{"execute":"custom-check"}'), generic("Parameter 'text' is missing"));
  assert.equal(
    await program.ask('{"execute":"custom-check","arguments":{"text":1}}'),
    generic("Invalid parameter type for 'text', expected: string"),
  );
  const info = await program.ask('{"execute":"guest-info"}');
  assert.ok(info.startsWith('{"return": {"version": "custom 1.0", '));
  assert.deepEqual(listed(info), ["custom-check", "guest-info", "guest-ping", "guest-sync", "guest-sync-delimited"]);
  assert.equal(await program.finish(), "");
  assert.equal(await program.ended, 0);
  assert.equal(program.stderr, "warning: custom-check: a text came damaged\n");
});

test("what runs the example says how it is called", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(example, "run.mjs")], { encoding: "utf8" });
  assert.match(stderr, /^run\.mjs: name one WASI command[^\n]*\n$/);
  assert.equal(status, 2);
});

test("the example as a module that a program embeds, in the program of its README", async (t) => {
  const module = moduleOf(join(example, "custom.wasm"));
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const shipped = moduleOf(join(ROOT, "dist/agent.wasm"));
  assert.deepEqual(
    WebAssembly.Module.exports(module).map(({ name }) => name),
    WebAssembly.Module.exports(shipped).map(({ name }) => name),
  );
  const [[name, text] = ["", ""]] = files(readFileSync(join(example, "README.md"), "utf8"));
  assert.equal(name, "host.mjs");
  writeFileSync(join(example, name), text);
  const socket = join(example, "custom.sock");
  await listens(new Program(t, process.execPath, [name], { cwd: example }), socket);
  const client = await Client.connect(socket);
  assert.equal(await client.ask(check("123456789")), SUM);
  assert.equal(await client.ask(check("12345678", "cbf43926")), DAMAGED);
  assert.ok(listed(await client.ask('{"execute":"guest-info"}')).includes("custom-check"));
  client.reset();
});

test("the agent that docs/own-agent.md shows is built as it says", async (t) => {
  const page = readFileSync(join(ROOT, "docs/own-agent.md"), "utf8");
  const own = join(folder, "own");
  mkdirSync(own);
  const shown = files(page);
  assert.deepEqual(shown.map(([name]) => name).toSorted(), ["agent.ts", "asconfig.json", "custom-vote.ts"]);
  for (const [name, text] of shown) writeFileSync(join(own, name), text);
  await build(page, own);
  const program = new WasiProgram(t, join(own, "agent.wasm"));
  const vote = (answer: boolean): string => JSON.stringify({ execute: "custom-vote", arguments: { answer } });
  assert.equal(await program.ask(vote(true)), '{"return": {"yes": true, "votes": 1}}\n');
  assert.equal(await program.ask(vote(true)), generic("You have said so before"));
  assert.equal(await program.ask(vote(false)), '{"return": {"yes": false, "votes": 2}}\n');
  await program.finish();
  assert.equal(program.stderr, "message: custom-vote: somebody voted\n".repeat(2));
});

const INTEGERS = [0, 7, -1, 10, 2000000000, -1000000000, 2147483647, -2147483648];

test("the values that a portable command can write", async (t) => {
  const own = join(folder, "values");
  mkdirSync(own);
  const source = `import { Call, Command } from "guestwire/dist/portable/core/command";
import { ascii } from "guestwire/dist/portable/core/bytes";
import { Bytes } from "guestwire/dist/portable/core/memory";
import { offer } from "guestwire/dist/portable/core/wasm";
import { serve } from "guestwire/dist/portable/hosts/wasm/serve";

const TEXT: Bytes = ascii("it's a text");

class Values extends Command {
  run(call: Call): void {
    call.openArray();
    call.openArray();
    ${INTEGERS.map((value) => `call.integer(${value});`).join("\n    ")}
    call.closeArray();
    call.text(TEXT);
    call.string(TEXT, 5, 6);
    call.boolean(false);
    call.openObject();
    call.key(TEXT);
    call.integer(1);
    call.closeObject();
    call.closeArray();
  }
}

offer(new Values(ascii("values"), 0));
serve(ascii("1"));
`;
  writeFileSync(join(own, "values.ts"), source);
  const options = ["--runtime", "stub", "--use", "abort=", "--exportStart", "_start", "--outFile", "values.wasm"];
  await run(tool("asc"), ["values.ts", ...options], { cwd: own });
  const program = new WasiProgram(t, join(own, "values.wasm"));
  const values = `[[${INTEGERS.join(", ")}], "it's a text", "a text", false, {"it's a text": 1}]`;
  assert.equal(await program.ask('{"execute":"values"}'), `{"return": ${values}}\n`);
  await program.finish();
});

test("docs/own-agent.md has all that a command can call, and the names that are taken", () => {
  const page = readFileSync(join(ROOT, "docs/own-agent.md"), "utf8");
  const classes = readFileSync(join(ROOT, "core/command.ts"), "utf8").split(/^export (?:abstract )?class /m);
  const names = (of: string, what: RegExp): string[] =>
    [...(classes.find((text) => text.startsWith(`${of} `)) ?? "").matchAll(what)].map((match) => match[1] ?? "");
  const methods = names("Call", /^ {2}([a-zA-Z]+)\(/gm).filter((name) => name !== "constructor");
  assert.ok(methods.length > 10);
  for (const name of methods) assert.ok(page.includes(`\`${name}(`), `${name} is missing`);
  const fields = names("Command", /^ {2}(?:private )?([a-zA-Z]+): /gm);
  assert.ok(fields.length > 5);
  for (const name of fields) assert.ok(page.includes(`\`${name}\``), `${name} is missing`);
});
