// openSerial, on pseudo-terminals: with stty, and with a stand-in for the package serialport.

import assert from "node:assert/strict";
import childProcess, { spawnSync } from "node:child_process";
import { rmSync, symlinkSync } from "node:fs";
import { register, syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Transport, createAgent } from "guestwire";
import { openSerial } from "guestwire/node";
import { Program, ROOT, moment, temporaryFolder } from "./rig.ts";
import { Device, skipTerminal } from "./terminal.ts";

const PING = '{"execute":"guest-ping"}\n';
const PONG = '{"return": {}}\n';

function speedOf(path: string): string {
  return spawnSync("stty", ["-F", path, "speed"], { encoding: "utf8" }).stdout.trim();
}

/** All that the device has been told. */
function listen(device: Device): () => string {
  let said = "";
  device.otherEnd.on("data", (bytes: Buffer) => (said += bytes.toString("latin1")));
  return () => said;
}

/** An agent serves the line until the test ends. */
function serve(t: TestContext, transport: Transport): Promise<void> {
  const agent = createAgent();
  t.after(() => agent.close());
  return agent.serve(transport).closed;
}

test(
  "a line is raw, at the speed that was asked for, without what had come before",
  { skip: skipTerminal },
  async (t) => {
    for (const [options, speed] of [
      [{}, "38400"],
      [{ baud: 115_200 }, "115200"],
    ] as const) {
      const device = await Device.make(t);
      device.otherEnd.write(`old\n${PING}half`);
      await moment();
      const transport = await openSerial(device.path, options);
      const said = listen(device);
      const closed = serve(t, transport);
      assert.equal(speedOf(device.path), speed);
      device.otherEnd.write(PING);
      while (!said().endsWith("\n")) await moment();
      assert.equal(said(), PONG);
      // The end of the line is the end of the session.
      await device.hangUp();
      await closed;
      await assert.rejects(openSerial(device.path), { code: "GW_ERR_DEVICE" });
    }
  },
);

test("lines and speeds that are none", { skip: skipTerminal }, async (t) => {
  const { path } = await Device.make(t);
  for (const baud of [0, 49, 1.5, 4_000_001, Number.NaN]) {
    await assert.rejects(openSerial(path, { baud }), { code: "GW_ERR_LIMIT", message: /^baud must be/ });
  }
  await assert.rejects(openSerial(path, { baud: 12_345 }), {
    code: "GW_ERR_DEVICE",
    message: /^\S+ does not know the speed 12345 \(stty: [^\n]+\); name another baud rate$/,
  });
  await assert.rejects(openSerial("/dev/null"), { code: "GW_ERR_DEVICE", message: /is no terminal/ });
  await assert.rejects(openSerial("/dev/missing"), { code: "GW_ERR_DEVICE", message: /there is no device/ });
});

test("stty is found without PATH, and with a useless one", { skip: skipTerminal }, async (t) => {
  for (const env of [{}, { PATH: "" }, { PATH: "/nonexistent" }]) {
    const device = await Device.make(t);
    const code = `
      import { openSerial } from "guestwire/node";
      await (await openSerial(${JSON.stringify(device.path)})).close();
    `;
    const args = ["--input-type=module", "-e", code];
    const { status, stderr } = await new Program(t, process.execPath, args, { cwd: ROOT, env }).ended;
    assert.deepEqual([status, stderr], [0, ""]);
  }
});

/** What runs in the place of stty where it is to set the speed. */
const says = (text: string): [string, string[]] => ["sh", ["-c", `echo "stty: standard input: ${text}" >&2; exit 1`]];
const INSTEAD: readonly (readonly [words: [string, string[]], message: string])[] = [
  [["/nonexistent/stty", []], "there is no program stty; install it (coreutils)"],
  [["/dev/null", []], "the program stty cannot be started (EACCES)"],
  [says("Input/output error"), "nothing is at the other end of PATH; start what serves it"],
  [says("I/O error"), "nothing is at the other end of PATH; start what serves it"],
  [
    says("unable to perform all requested operations"),
    "PATH does not know the speed 38400 (stty: standard input: unable to perform all requested operations); name another baud rate",
  ],
  [
    ["sh", ["-c", "kill -KILL $$"]],
    "PATH does not know the speed 38400 (stty ended with SIGKILL); name another baud rate",
  ],
];

test(
  "what is wrong where the speed cannot be set: with stty, the device, the speed",
  { skip: skipTerminal },
  async (t) => {
    const device = await Device.make(t);
    const path = join(temporaryFolder(t), "line");
    symlinkSync(device.path, path);
    const { spawn } = childProcess;
    let instead: ((...setting: Parameters<typeof spawn>) => ReturnType<typeof spawn>) | undefined;
    t.mock.method(childProcess, "spawn", (...setting: Parameters<typeof spawn>) => (instead ?? spawn)(...setting));
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    for (const [words, message] of INSTEAD) {
      instead = (program, args, options) =>
        args[0] === "38400" ? spawn(...words, options) : spawn(program, args, options);
      await assert.rejects(openSerial(path), { code: "GW_ERR_DEVICE", message: message.replace("PATH", path) });
    }
    instead = (...setting) => {
      rmSync(path);
      return spawn(...setting);
    };
    const message = `there is no device ${path}; attach it or name another one`;
    await assert.rejects(openSerial(path), { code: "GW_ERR_DEVICE", message });
  },
);

/** Stands for the package: a line that answers each byte with the next one, and tells what was done with it. */
const PACKAGE = `
  import { Duplex } from "node:stream";
  export const done = [];
  export class SerialPort extends Duplex {
    constructor(options) { super(); done.push(options); }
    open(opened) {
      done.push("open");
      setImmediate(opened, done[0].path.endsWith("broken") ? new Error("Cannot open") : null);
    }
    flush(flushed) { done.push("flush"); setImmediate(flushed, null); }
    _read() {}
    _write(bytes, _, written) { this.push(bytes.map((byte) => byte + 1)); written(); }
  }
`;

// The last one: from here on the package is installed.
test("the package serialport, where it is installed", async () => {
  const url = `data:text/javascript,${encodeURIComponent(PACKAGE)}`;
  const hooks = `export const resolve = (name, context, next) =>
    name === "serialport" ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  const { done } = (await import(url)) as { done: unknown[] };

  const transport = await openSerial("/dev/line", { baud: 9600 });
  assert.deepEqual(done.splice(0), [{ path: "/dev/line", baudRate: 9600, autoOpen: false }, "open", "flush"]);
  const heard: string[] = [];
  transport.start({
    data: (bytes) => void heard.push(Buffer.from(bytes).toString()),
    drained: () => {},
    ended: () => {},
    lost: () => {},
    reopened: () => {},
    closed: () => void heard.push("."),
  });
  transport.write(Buffer.from("HAL"));
  while (heard.length === 0) await moment();
  await transport.close();
  assert.equal(heard.join(""), "IBM.");

  await assert.rejects(openSerial("/dev/broken"), { code: "GW_ERR_DEVICE", message: /there is no device/ });
});
