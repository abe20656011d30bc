// agent-wasi.wasm: under node:wasi, and in a runtime of the test's own, where devices and pipes behave as the test wants.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { VERSION } from "guestwire";
import { FLUSHED, generic, sync, synced } from "../peer.ts";
import { AGENT, WasiProgram, nodeArguments } from "../wasi.ts";
import { AGAIN, CHARACTER_DEVICE, INTR, IO, NOTSUP, PIPE, type Read, runFake } from "./fake-wasi.ts";
import { temporaryFolder } from "./rig.ts";

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}\n';
const PINGED = "info: guest-ping called\n";
const END = "";

/** The sum of waits, in milliseconds. */
function slept(waits: readonly (number | "stdin")[]): number {
  return waits.reduce<number>((sum, wait) => sum + (wait === "stdin" ? 0 : wait), 0);
}

test("agent-wasi.wasm imports five functions of WASI and exports what a command has", () => {
  const module = new WebAssembly.Module(readFileSync(AGENT));
  assert.deepEqual(
    WebAssembly.Module.imports(module)
      .map(({ module: from, name, kind }) => `${kind} ${from}.${name}`)
      .toSorted(),
    ["fd_fdstat_get", "fd_read", "fd_write", "poll_oneoff", "proc_exit"].map(
      (name) => `function wasi_snapshot_preview1.${name}`,
    ),
  );
  assert.deepEqual(
    WebAssembly.Module.exports(module)
      .map(({ name, kind }) => `${kind} ${name}`)
      .toSorted(),
    ["function _start", "memory memory"],
  );
});

test("node:wasi: a conversation, its log on stderr, and the end of the pipe", async (t) => {
  const program = new WasiProgram(t);
  assert.ok((await program.ask(sync(7), synced(7))).endsWith(synced(7)));
  assert.equal(await program.ask(PING), PONG);
  assert.ok((await program.ask('{"execute":"guest-info"}')).startsWith(`{"return": {"version": "${VERSION}", `));
  assert.equal(await program.finish(), "");
  assert.equal(await program.ended, 0);
  assert.equal(program.stderr, PINGED);
});

test("node:wasi: what came before the end of the pipe is answered, a half message is not", async (t) => {
  const program = new WasiProgram(t);
  program.send(`${PING}${PING}{"execute":`);
  assert.equal(await program.finish(), PONG + PONG);
  assert.equal(await program.ended, 0);
});

test("node:wasi: nothing is said to nobody", async (t) => {
  const program = new WasiProgram(t);
  assert.equal(await program.finish(), "");
  assert.equal(await program.ended, 0);
  assert.equal(program.stderr, "");
});

test("node:wasi: a large message", async (t) => {
  const program = new WasiProgram(t);
  const text = "guestwire ".repeat(1_600_000);
  const reply = await program.ask(`{"execute":"guest-ping","id":"${text}"}`, '"}\n');
  assert.ok(reply === `{"return": {}, "id": "${text}"}\n`);
  assert.equal(await program.ask(PING), PONG);
});

test("node:wasi: a message over the limit draws an error, and the next one its reply", async (t) => {
  const program = new WasiProgram(t);
  const block = "x".repeat(1 << 20);
  program.send('{"execute":"');
  for (let n = 0; n < 64; n++) program.send(block);
  assert.equal(await program.ask(sync(3), synced(3)), generic("JSON token size limit exceeded") + FLUSHED + synced(3));
  assert.equal(await program.ask(PING), PONG);
});

test("node:wasi: requests from a file", (t) => {
  const file = join(temporaryFolder(t), "requests");
  writeFileSync(file, `${PING}\n${PING}\n`);
  const requests = openSync(file, "r");
  t.after(() => closeSync(requests));
  const stdout = execFileSync(process.execPath, nodeArguments(AGENT), {
    stdio: [requests, "pipe", "ignore"],
    encoding: "latin1",
  });
  assert.equal(stdout, PONG + PONG);
});

test("node:wasi: a device that takes nothing ends it, with a line that says so", (t) => {
  const full = openSync("/dev/full", "w");
  t.after(() => closeSync(full));
  const { status, stderr } = spawnSync(process.execPath, nodeArguments(AGENT), {
    input: PING,
    stdio: ["pipe", full, "pipe"],
    encoding: "latin1",
  });
  assert.equal(status, 1);
  assert.equal(stderr, `${PINGED}guestwire: replies cannot be written to stdout, WASI errno 51\n`);
});

test("node:wasi: a peer that reads no more ends it, with a line that says so", async (t) => {
  const program = new WasiProgram(t);
  assert.equal(await program.ask(PING), PONG);
  program.closeStdout();
  program.send(PING);
  assert.equal(await program.ended, 1);
  assert.equal(
    program.stderr,
    `${PINGED}${PINGED}guestwire: replies cannot be written to stdout, WASI errno ${PIPE}\n`,
  );
});

test("a command of WASI: what stdout takes in pieces arrives whole", () => {
  for (const piece of [1, 2, 7, 1000]) {
    const request = `{"execute":"guest-ping","id":"${"x".repeat(3000)}"}`;
    const { stdout, waits, status } = runFake({
      reads: [request, PING, END],
      stdout: (count) => Math.min(count, piece),
    });
    assert.equal(stdout, `{"return": {}, "id": "${"x".repeat(3000)}"}\n${PONG}`);
    assert.deepEqual(waits, []);
    assert.equal(status, 0);
  }
});

test("a command of WASI: stdout that takes nothing now is asked again, after waits that grow", () => {
  for (const nothing of [-AGAIN, 0]) {
    let refusals = 10;
    const { stdout, waits, status } = runFake({
      reads: [PING + PING, END],
      stdout: (count) => (refusals-- > 0 ? nothing : Math.min(count, 20)),
    });
    assert.equal(stdout, PONG + PONG);
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 100, 100, 100]);
    assert.equal(status, 0);
  }
});

test("a command of WASI: while replies wait, stdin is read only where it does not block", () => {
  for (const nonblocking of [false, true]) {
    let refusals = 5;
    const { reads, stdout } = runFake({
      reads: [PING, ...Array.from({ length: nonblocking ? 5 : 0 }, () => AGAIN), PING],
      nonblocking,
      stdout: (count) => (refusals-- > 0 ? -AGAIN : count),
    });
    assert.equal(stdout, PONG + PONG);
    assert.equal(reads, nonblocking ? 8 : 3);
  }
});

test("a command of WASI: a peer that sends and never reads is not read without end", () => {
  // The session holds the replies of some of them, then it takes no more until they are gone.
  const request = `{"execute":"guest-ping","id":"${"x".repeat(60_000)}"}`;
  let most = 0;
  const { reads, stdout } = runFake({
    reads: Array.from({ length: 40 }, () => request),
    nonblocking: true,
    stdout(count, sofar) {
      if (sofar.waits.length > 100) return count;
      most = sofar.reads;
      return -AGAIN;
    },
  });
  assert.ok(most < 20, `it read ${most} times`);
  assert.equal(reads, 41);
  assert.equal(stdout, `{"return": {}, "id": "${"x".repeat(60_000)}"}\n`.repeat(40));
});

test("a command of WASI: stdin that has nothing now is waited for", () => {
  const { stdout, waits } = runFake({ reads: [AGAIN, PING, AGAIN, AGAIN, PING], nonblocking: true });
  assert.equal(stdout, PONG + PONG);
  assert.deepEqual(waits, ["stdin", "stdin", "stdin"]);
});

test("a command of WASI: where the runtime cannot wait for stdin, it looks again after waits that grow", () => {
  const { stdout, waits } = runFake({ reads: [AGAIN, AGAIN, AGAIN, PING, AGAIN, PING], pollErrno: NOTSUP });
  assert.equal(stdout, PONG + PONG);
  assert.deepEqual(waits, [1, 2, 4, 1]);
});

test("a command of WASI: signals do not count", () => {
  let signals = 2;
  const { stdout, stderr, status } = runFake({
    reads: [INTR, PING, INTR, INTR, END],
    stdout: (count) => (signals-- > 0 ? -INTR : count),
  });
  assert.equal(stdout, PONG);
  assert.equal(stderr, PINGED);
  assert.equal(status, 0);
});

test("a command of WASI: stdin that fails ends it, with a line that says so", () => {
  const { stdout, stderr, status } = runFake({ reads: [PING, IO] });
  assert.equal(stdout, PONG);
  assert.equal(stderr, `${PINGED}guestwire: requests cannot be read from stdin, WASI errno 29\n`);
  assert.equal(status, 1);
});

test("a command of WASI: stderr may take records in pieces, or none", () => {
  assert.equal(runFake({ reads: [PING, PING, END], stderr: () => 5 }).stderr, PINGED + PINGED);
  for (const nothing of [-AGAIN, -PIPE, 0]) {
    const { stdout, stderr, status } = runFake({ reads: [PING, PING, END], stderr: () => nothing });
    assert.deepEqual([stdout, stderr, status], [PONG + PONG, "", 0]);
  }
});

test("a command of WASI: on a device, the end of the file is no end, and no cause for haste", () => {
  const ends: Read[] = Array.from({ length: 50 }, () => END);
  const { stdout, waits, status } = runFake({ reads: [PING, ...ends, PING, ...ends], type: CHARACTER_DEVICE });
  assert.equal(stdout, PONG + PONG);
  assert.equal(status, undefined);
  // A wait for each end, 100 ms at most: that long a new host waits.
  const away = [1, 2, 4, 8, 16, 32, 64, ...Array.from({ length: 43 }, () => 100)];
  assert.deepEqual(waits, [...away, ...away]);
});

test("a command of WASI: on a device, a half message outlives a moment's end of file and no more", () => {
  const [first, second] = [PING.slice(0, 9), PING.slice(9)];
  for (let ends = 0; ends < 20; ends++) {
    const { stdout, waits } = runFake({
      reads: [first, ...Array.from({ length: ends }, () => END), second],
      type: CHARACTER_DEVICE,
    });
    if (slept(waits) < 300) assert.equal(stdout, PONG, `after ${ends} ends of file`);
    else assert.notEqual(stdout, PONG, `after ${ends} ends of file`);
  }
  const gone = runFake({ reads: [first, ...Array.from({ length: 20 }, () => END), PING], type: CHARACTER_DEVICE });
  assert.equal(gone.stdout, PONG);
});

test("a command of WASI: on a device, ends of file with bytes or silence between them do not add up", () => {
  const some: Read[] = Array.from({ length: 6 }, () => END);
  for (const between of ['"execute"', AGAIN] as const) {
    const { stdout } = runFake({
      reads: ["{", ...some, between, ...some, between === AGAIN ? PING.slice(1) : PING.slice(10)],
      type: CHARACTER_DEVICE,
    });
    assert.equal(stdout, PONG);
  }
});

test("a command of WASI: on a device, replies that a host did not take are not for the next one", () => {
  for (const ends of [3, 20]) {
    const reads: Read[] = [PING.repeat(3), ...Array.from({ length: ends }, () => END), sync(5), AGAIN];
    const { stdout } = runFake({
      reads,
      type: CHARACTER_DEVICE,
      nonblocking: true,
      // Nobody takes anything until the second host has written.
      stdout: (count, sofar) => (sofar.reads < ends + 2 ? -AGAIN : count),
    });
    assert.equal(stdout.startsWith(PONG), ends === 3);
    assert.ok(stdout.endsWith(synced(5)));
  }
});

test("a command of WASI: what the runtime does not say of stdin does not matter for a pipe", () => {
  const { stdout, status } = runFake({ reads: [PING, END], statErrno: NOTSUP });
  assert.deepEqual([stdout, status], [PONG, 0]);
});
