// A plugin that was built for API 1, and is never changed, loads and runs: in a program on both engines, and on the command
// line. pack.test.ts shows that its source still compiles.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Plugin, createAgent } from "guestwire";
import { fakeClock } from "guestwire/testing";
import { ENGINES } from "../engines.ts";
import { CLI, Client, ENGINE_NAMES, Program, ROOT, listens, temporaryFolder } from "../hosts/rig.ts";
import { Peer, generic } from "../peer.ts";
import { PONG, call, notFound } from "../wire/served.ts";

const NAME = "guestwire-plugin-api-1";
const FOLDER = join(import.meta.dirname, "api-1");

/** SHA-256 of each of its files, as they were published. A release that wants another value here breaks API 1. */
const FILES = {
  "lib/bundle.js": "75f0c96ff27c8103d4f403d159e9fb452b72217b09a6708b50a40c5ad616794b",
  "lib/index.js": "7f3af436ef6bc08f02c129fcee63cd61c0beb17fba768eaeaef6cba0a3b32058",
  "package.json": "e1a0be6e19cee5950a171854a63d61dd59ed8de74d231763f56f71ef8465bd2d",
  "src/index.ts": "f627b50d75c891b7428065d8546c2483d3218b45b2397c9fe90598ba782b8c77",
};

/** How it is imported: as tsc built it, which imports guestwire/plugin, and as a bundle with copies of what is in there. */
const BUILDS = { [NAME]: "lib/index.js", [`${NAME}/bundle`]: "lib/bundle.js" };

/** Installs it, and this package, in a folder. */
function install(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(ROOT, join(folder, "node_modules/guestwire"), "dir");
  cpSync(FOLDER, join(folder, "node_modules", NAME), { recursive: true });
}

const installed = mkdtempSync(join(tmpdir(), "guestwire-api-1-"));
after(() => rmSync(installed, { recursive: true, force: true }));
install(installed);

/** In the order of their registration: those of `register` are before the others. */
const COMMANDS = "meter value words unchecked valid result error call count wait silent logged"
  .split(" ")
  .map((command) => `api1-${command}`);

const WORDS = {
  str: "a",
  bool: true,
  null: null,
  int: 1,
  int8: -128,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 255,
  uint16: 5,
  uint32: 6,
  uint64: 7,
  size: 8,
  number: 1.5,
  any: [1],
  list: ["a"],
  lists: [[1], []],
  enum: "ns",
  object: { zone: "UTC" },
};
/** The same with integers that no number has. */
const WIDE = JSON.stringify(WORDS)
  .replace('"int64":4', '"int64":9007199254740993')
  .replace('"uint64":7', '"uint64":-1');

/** JSON as replies have it. */
function spaced(json: string): string {
  return json.replaceAll(",", ", ").replaceAll(":", ": ");
}

const ARRIVED = spaced(WIDE).replace('"uint64": -1', '"uint64": 18446744073709551615');
const TYPES = spaced(
  JSON.stringify(Object.entries(WORDS).map(([name, each]) => (/^u?int64$/.test(name) ? "bigint" : typeof each))),
);

function value(json: string): string {
  return `{"return": ${json}}\n`;
}

/** What calls draw, in this order on one session. */
const CALLS: readonly (readonly [name: string, args: string, reply: string])[] = [
  [
    "words",
    WIDE,
    value(`{"types": ${TYPES}, "optional": false, "wide": 9007199254740994, "unit": "ns", "args": ${ARRIVED}}`),
  ],
  ["words", WIDE.replace("-128", "-129"), generic("Parameter 'int8' expects int8_t")],
  ["words", "{}", generic("Parameter 'str' is missing")],
  ["unchecked", '{"a":[18446744073709551615,1.5]}', value('{"a": [18446744073709551615, 1.5]}')],
  ["valid", '{"name":"a"}', value('"A"')],
  ["valid", '{"name":1}', generic("Parameter 'name[0]': must be a name")],
  ["result", '{"kind":"nothing"}', PONG],
  ["result", '{"kind":"wide"}', value("[18446744073709551615, -9223372036854775808]")],
  ["result", '{"kind":"nan"}', value("[null]")],
  ["result", '{"kind":"surrogate"}', value('"\\uFFFD"')],
  ["result", '{"kind":"json"}', value('{"date": "1970-01-01T00:00:00.000Z"}')],
  ["result", '{"kind":"later"}', value('"later"')],
  ["error", '{"kind":"GenericError"}', generic("a GenericError")],
  ["error", '{"kind":"CommandNotFound"}', notFound("a CommandNotFound")],
  ["error", '{"kind":"rejected"}', generic("a rejection")],
  ["error", '{"kind":"other"}', generic("of no class")],
  ["error", '{"kind":"else"}', generic("Parameter 'kind' does not accept value 'else'")],
  ["count", "{}", value("[1, 11, 21]")],
  ["count", "{}", value("[2, 12, 22]")],
  ["value", "{}", value('"value"')],
  ["logged", "{}", value("true")],
];

function request(name: string, args: string): string {
  return `{"execute":"api1-${name}","arguments":${args}}\n`;
}

async function runAll(ask: (text: string) => Promise<string>): Promise<void> {
  for (const [name, args, reply] of CALLS) assert.equal(await ask(request(name, args)), reply, `${name} ${args}`);
  const cycle = await ask(request("result", '{"kind":"cycle"}'));
  assert.match(cycle, /"desc": "Command api1-result returned what JSON cannot/);
}

/** What the agent lists of a command. */
function listed(name: string, more: object = {}): object {
  return { name, plugin: NAME, enabled: true, successResponse: true, ...more };
}

test("the plugin of API 1 is byte for byte what it was", () => {
  const found = readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== "README.md")
    .map((file) => join(file.parentPath, file.name))
    .toSorted()
    .map((file) => [file.slice(FOLDER.length + 1), createHash("sha256").update(readFileSync(file)).digest("hex")]);
  assert.deepEqual(Object.fromEntries(found), FILES);
});

for (const [name, file] of Object.entries(BUILDS)) {
  for (const [engine, core] of ENGINES) {
    test(`a plugin that was built for API 1 runs in a program: ${name} (${engine})`, async () => {
      const address = pathToFileURL(join(installed, "node_modules", NAME, file)).href;
      const { default: plugin } = (await import(address)) as { default: Plugin };
      const records: string[] = [];
      const clock = fakeClock();
      const agent = createAgent({
        core,
        clock,
        version: "1.2.3",
        limits: { commandMs: 2000 },
        plugins: [plugin],
        logger: { log: (level, domain, text) => void records.push(`${level} ${domain} ${text}`) },
      });
      const heard = (): string[] => records.splice(0).filter((record) => record.includes(NAME));
      const connect = (): Peer => {
        const peer = new Peer();
        agent.serve(peer);
        return peer;
      };
      assert.deepEqual(agent.plugins.list().at(-1), { name: NAME, api: 1, commands: COMMANDS });

      const peer = connect();
      await runAll((text) => {
        peer.send(text);
        return peer.until("\n");
      });
      heard();

      clock.pass(5);
      peer.send(call("api1-meter"));
      assert.equal(
        peer.take(),
        value('{"isKnown": true, "isTime": true, "commandMs": 2000, "version": "1.2.3", "ticks": 1}'),
      );
      peer.send(call("api1-silent") + call("guest-ping"));
      assert.equal(peer.take(), PONG);

      agent.commands.disable("api1-count", "it has counted enough");
      peer.send(call("api1-call"));
      const reply = peer.take();
      const { own, ...seen } = (JSON.parse(reply.slice(1)) as { return: { own: { name: string }[] } }).return;
      assert.equal(reply[0], "\xff");
      assert.deepEqual(seen, { id: 1, logging: true, aborted: false, version: "1.2.3", frozen: false });
      assert.deepEqual(
        own.map((command) => command.name),
        COMMANDS,
      );
      const ofCommand = (which: string): unknown => own.find((command) => command.name === which);
      assert.deepEqual(ofCommand("api1-valid"), listed("api1-valid", { returns: "str" }));
      assert.deepEqual(ofCommand("api1-silent"), listed("api1-silent", { successResponse: false }));
      const disabled = { enabled: false, reason: "it has counted enough", returns: ["int"] };
      assert.deepEqual(ofCommand("api1-count"), listed("api1-count", disabled));
      const kinds = { kind: { enum: ["GenericError", "CommandNotFound", "rejected", "other"] } };
      assert.deepEqual(ofCommand("api1-error"), listed("api1-error", { arguments: kinds }));
      assert.deepEqual(
        heard(),
        ["error", "critical", "warning", "message", "info", "debug"].map(
          (level) => `${level} general ${NAME}: api1-call: a record`,
        ),
      );

      agent.commands.freeze();
      peer.send(call("api1-call"));
      assert.match(peer.take(), /"logging": false, .*"frozen": true/);
      peer.send(call("api1-logged") + call("api1-value"));
      const frozen = notFound("Command api1-value has been disabled: the agent is in frozen state");
      assert.equal(peer.take(), generic("Logging is disabled") + frozen);
      agent.commands.thaw();
      assert.deepEqual(heard(), []);

      const [late, gone] = [connect(), connect()];
      late.send(call("api1-wait"));
      gone.send(call("api1-wait"));
      gone.hangUp();
      assert.deepEqual(heard(), [`info general ${NAME}: api1-wait: aborted: the session is closed`]);
      clock.pass(1000);
      const desc = "Command api1-wait did not finish within 1000 ms";
      assert.equal(late.take(), generic(desc));
      assert.ok(heard().includes(`info general ${NAME}: api1-wait: aborted: ${desc}`));

      peer.hangUp();
      assert.deepEqual(heard(), [`info general ${NAME}: api1-count: counted to 2`]);
      await agent.plugins.replace(plugin);
      late.send(call("api1-meter"));
      assert.ok(late.take().includes('"ticks": 0'));
      await agent.plugins.remove(NAME);
      assert.deepEqual(heard(), Array(2).fill(`info general ${NAME}: the meter is gone`));
      await agent.close();
      assert.deepEqual([...peer.misuse, ...late.misuse, ...gone.misuse], []);
    });
  }

  for (const engine of ENGINE_NAMES) {
    test(`a plugin that was built for API 1 runs on the command line: ${name} (${engine})`, async (t) => {
      const cwd = temporaryFolder(t);
      install(cwd);
      const path = join(cwd, "socket");
      const args = ["agent", "-m", "unix-listen", "-p", path, "-v", "--core", engine, "--plugin", name];
      const program = new Program(t, process.execPath, [CLI, ...args], { cwd });
      await listens(program, path);
      const client = await Client.connect(path);
      await runAll((text) => client.ask(text));
      client.end();
      await client.rest();
      program.kill("SIGTERM");
      const { status, stderr } = await program.ended;
      assert.equal(status, 0);
      assert.match(stderr, /info: guestwire-plugin-api-1: api1-count: counted to 2\n/);
      assert.match(stderr, /info: guestwire-plugin-api-1: the meter is gone\n/);
    });
  }
}
