// The package as somebody gets it: packed, unpacked into a project that has nothing but it and its two dependencies, and
// used from there: run, required, type-checked, compiled. None of it needs a network.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { skipCHost } from "../c-host.ts";
import { readmeBlock } from "../readme.ts";
import { ROOT, install, link, run as runIn, tool } from "./packed.ts";

const PONG = '{"return": {}}\n';

let project = "";
let packed: readonly string[] = [];

/** Runs a program in the project. */
function run(file: string, args: readonly string[]): Promise<string> {
  return runIn(file, args, { cwd: project });
}

/** Puts a file into the project. */
function put(name: string, text: string): void {
  mkdirSync(join(project, name, ".."), { recursive: true });
  writeFileSync(join(project, name), text);
}

before(async () => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "guestwire-pack-")));
  put("package.json", '{ "name": "consumer", "private": true }\n');
  packed = await install(project);
});

after(() => rmSync(project, { recursive: true, force: true }));

/** What may be packed, and what must be among it. */
const PACKED =
  /^(dist\/.+|docs\/.+\.md|hosts\/(node\/guest|wasm\/(c|examples)|webserial\/examples)\/.+|plugins\/template\/.+|[A-Z]+\.md|LICENSE|package\.json)$/;
/** What is built and nobody's business: the C host of this machine, and typings of what no entry leads to. */
const INTERNAL =
  /^(hosts\/wasm\/c\/build|hosts\/wasm\/examples\/.*\.wasm$|dist\/types\/(hosts\/node\/(cli\/|first-contact)|hosts\/webserial\/(page|console\/(model|views))\/|plugins\/standard\/))/;
const NEEDED = ["README.md", "LICENSE", "docs/wire.md", "dist/cli.js", "dist/agent-wasi.wasm", "dist/LICENSES.txt"];
const CONSOLE = ["index.html", "page.js", "page.css", "icon.svg", "LICENSES.txt"].map((name) => `dist/console/${name}`);
const UNIT = ["guestwire-agent.service", "99-guestwire-agent.rules"].map((name) => `hosts/node/guest/${name}`);
const GUEST = ["dist/guestwire-agent.mjs", ...UNIT];
const C_HOST = ["Makefile", "agent.c", "agent.h", "guestwire.h"].map((name) => `hosts/wasm/c/${name}`);
const EXAMPLE = ["README.md", "asconfig.json", "agent.ts"].map((name) => `hosts/wasm/examples/custom/${name}`);
const PAGES = ["agent.html", "agent.js", "client.html", "client.js"].map((name) => `hosts/webserial/examples/${name}`);
const TEMPLATE = ["gitignore", "manifest.json", "src/index.ts"].map((name) => `plugins/template/${name}`);

test("what is packed is the build, the documentation, the C host, the examples, the template and the licence", () => {
  assert.deepEqual(
    packed.filter((path) => !PACKED.test(path)),
    [],
  );
  for (const path of [...NEEDED, ...CONSOLE, ...GUEST, ...C_HOST, ...EXAMPLE, ...PAGES, ...TEMPLATE])
    assert.ok(packed.includes(path), `${path} is not packed`);
  for (const path of ["dist/.built", "dist/first-contact.js"]) assert.ok(!packed.includes(path), `${path} is packed`);
  assert.deepEqual(
    packed.filter((path) => INTERNAL.test(path)),
    [],
  );
});

test("publint finds nothing to say about its manifest", async () => {
  const said = await run(tool("publint"), ["run", "--strict", "--pack", "false", "node_modules/guestwire"]);
  assert.match(said, /All good!/);
});

test("an agent on a socket, as in the README", async () => {
  put(
    "readme.mjs",
    `import { once } from "node:events";
import { connect } from "node:net";
import { createAgent } from "guestwire";
import { listenUnix } from "guestwire/node";

const agent = createAgent({ version: "1.0" });
const listener = await listenUnix(agent, "agent.sock");
const client = connect("agent.sock").setEncoding("utf8");
client.write('{"execute":"guest-ping"}');
const [reply] = await once(client, "data");
process.stdout.write(reply);
client.destroy();
await listener.close();
await agent.close();
`,
  );
  assert.equal(await run(process.execPath, ["readme.mjs"]), PONG);
});

test("a command of one's own, as in the README", async () => {
  put("clock.mjs", readmeBlock("guestwire/plugin"));
  put(
    "own-command.mjs",
    `import { testPlugin } from "guestwire/testing";
import clock from "./clock.mjs";

await testPlugin(clock, { examples: { "clock-read": [{}, { unit: "ms" }] } });
`,
  );
  assert.equal(await run(process.execPath, ["own-command.mjs"]), "");
  const args = ["agent", "-b", "help", "--plugin", "./clock.mjs"];
  assert.match(await run(process.execPath, ["node_modules/guestwire/dist/cli.js", ...args]), /^clock-read$/m);
});

/** A transport as plain as can be: what it prints is what the agent answers. */
const TRANSPORT = `({
  start(receiver) {
    receiver.data(new TextEncoder().encode('{"execute":"guest-ping"}'));
  },
  write(bytes) {
    process.stdout.write(bytes);
    return true;
  },
  pause() {},
  resume() {},
  async close() {},
})`;

const CONSUMER = `import { createAgent, type Agent, CommandError, type Core, GuestwireError, LIMIT_NAMES, streams } from "guestwire";
import { type HostCommand, type LimitName, type Plugin, type Transport, VERSION } from "guestwire";
import { js } from "guestwire/core";
import { loadWasm, wasm, wasmFrom } from "guestwire/wasm";

const command: HostCommand = {
  name: "clock-read",
  run(args, context) {
    if (context.signal.aborted) throw new CommandError("GenericError", "too late");
    return args["utc"] === true ? Date.now() : null;
  },
};
const plugin: Plugin = { name: "clock", api: 1, commands: [command] };
export const cores: readonly Core[] = [js, wasm];
export const running: Promise<Core> = loadWasm().catch(() => js);
export const limit: LimitName | undefined = LIMIT_NAMES[0];
export function make(core: Core): Agent {
  return createAgent({ core, version: VERSION, plugins: [plugin], limits: { depth: 64 } });
}
export function serve(agent: Agent, transport: Transport): boolean {
  try {
    agent.serve(transport);
    return true;
  } catch (error) {
    return !(error instanceof GuestwireError && error.code === "GW_ERR_CLOSED");
  }
}
`;

const TESTING = `import introspect from "guestwire/introspect";
import { type Chunking, fakeClock, type PluginReport, runConformance, testPlugin, transportPair } from "guestwire/testing";

export async function tested(chunk: Chunking): Promise<PluginReport> {
  const { failed } = await runConformance(() => {
    const pair = transportPair({ chunk });
    createAgent({ plugins: [introspect], clock: fakeClock() }).serve(pair.agent);
    return pair.client;
  });
  return testPlugin(introspect, { examples: { [failed[0]?.name ?? "guestwire-schema"]: [{}] } });
}
`;

const FOR_NODE = `import { connectUnix, type Listener, listenUnix, SocketTransport } from "guestwire/node";

export async function listen(agent: Agent): Promise<Listener> {
  agent.serve(await connectUnix("there.sock"));
  return listenUnix(agent, "here.sock");
}
export { SocketTransport, streams, wasmFrom };
`;

const FOR_PAGES = `export function overStreams(agent: Agent, readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>) {
  agent.serve(streams(readable, writable));
}
export const own = (module: WebAssembly.Module): Core => wasmFrom(module);
`;

/** How modules are found: by Node's rules, and with stricter ones for types, or by a bundler's. */
const RESOLUTIONS = {
  node: { module: "nodenext", moduleResolution: "nodenext", exactOptionalPropertyTypes: true },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

/** Compiles a source that may import these packages; the globals of those under `@types/` are there. */
async function check(
  folder: string,
  source: string,
  lib: readonly string[],
  packages: readonly string[],
  resolution: keyof typeof RESOLUTIONS = "node",
): Promise<void> {
  for (const name of packages) link(name, join(project, folder));
  put(`${folder}/package.json`, '{ "type": "module" }\n');
  put(`${folder}/consumer.ts`, source);
  put(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        ...RESOLUTIONS[resolution],
        lib,
        types: packages.flatMap((name) => (name.startsWith("@types/") ? [name.slice("@types/".length)] : [])),
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: ["consumer.ts"],
    }),
  );
  assert.equal(await run(tool("tsc"), ["-p", folder]), "");
}

/** Whoever embeds a port or a WebSocket: types that stand by themselves. */
const SERIAL = `import type { Transport as Channel } from "guestwire/client";
import { openWebSerial, requestPort, type SerialPortLike, type WebSerialTransport } from "guestwire/webserial";
import { connectWebSocket, websocket, type WebSocketLike } from "guestwire/websocket";

export async function open(port: SerialPortLike): Promise<WebSerialTransport> {
  const transport = await openWebSerial(port, { baudRate: 9600, parity: "even" });
  transport.observe((event) => (event.type === "state" ? event.state : event.error.message));
  return transport;
}
export const ask = (): Promise<WebSerialTransport> => requestPort([{ usbVendorId: 1 }]).then(open);
export const over = (socket: WebSocketLike): Channel => websocket(socket);
export const to = (address: string): Promise<Channel> => connectWebSocket(address);
`;

/** The browser's WebSocket, and that of the package ws, are such ones. */
const SERIAL_FOR_PAGES = `export const own = (socket: WebSocket): Channel => over(socket);
export const streamsFit: SerialPortLike["readable"] = new ReadableStream<Uint8Array>();
export const sinksFit: SerialPortLike["writable"] = new WritableStream<Uint8Array>();
`;
const SERIAL_FOR_NODE = `import type { WebSocket } from "ws";

export const own = (socket: WebSocket): Channel => over(socket);
`;

test("the typings of serial ports and WebSockets hold everywhere", async () => {
  await check("serial-all", SERIAL, ["es2022"], []);
  await check("serial-pages", SERIAL + SERIAL_FOR_PAGES, ["es2022", "dom"], []);
  await check("serial-bundler", SERIAL + SERIAL_FOR_PAGES, ["es2022", "dom"], [], "bundler");
  await check("serial-node", SERIAL + SERIAL_FOR_NODE, ["es2022"], ["@types/node", "@types/ws"]);
});

test("the typings hold for Node, without the DOM", () =>
  check("for-node", CONSUMER + TESTING + FOR_NODE, ["es2022"], ["@types/node"]));

test("the typings hold for pages, without Node", () =>
  check("for-pages", CONSUMER + TESTING + FOR_PAGES, ["es2022", "dom"], []));

test("the typings hold for the language alone", () => check("for-all", CONSUMER + TESTING, ["es2022"], []));

const CLIENT = readFileSync(join(ROOT, "test/client/types.ts"), "utf8");

const CLIENT_FOR_NODE = `import { connectUnix } from "guestwire/node";

export async function overSocket(): Promise<GuestClient> {
  return connect(await connectUnix("there.sock"), { signal: AbortSignal.timeout(1000) });
}
`;

const CLIENT_FOR_PAGES = `export function overStreams(readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>) {
  return connect(streams(readable, writable), { signal: new AbortController().signal });
}
`;

for (const resolution of ["node", "bundler"] as const) {
  test(`the client's typings hold, and what is wrong does not compile: ${resolution}`, async () => {
    const folder = `client-${resolution}`;
    await check(`${folder}-node`, CLIENT + CLIENT_FOR_NODE, ["es2022"], ["@types/node"], resolution);
    await check(`${folder}-pages`, CLIENT + CLIENT_FOR_PAGES, ["es2022", "dom"], [], resolution);
    await check(`${folder}-all`, CLIENT, ["es2022"], [], resolution);
  });
}

const PLUGIN = readFileSync(join(ROOT, "test/plugins/types.ts"), "utf8");
const API_1 = readFileSync(join(ROOT, "test/plugins/api-1/src/index.ts"), "utf8");
/** The typings of arktype want those of Node. */
const VALIDATORS = ["arktype", "valibot", "zod"];

for (const resolution of ["node", "bundler"] as const) {
  test(`a plugin's typings hold, and what is wrong does not compile: ${resolution}`, async () => {
    const folder = `plugin-${resolution}`;
    await check(`${folder}-node`, PLUGIN, ["es2022"], ["@types/node", ...VALIDATORS], resolution);
    await check(`${folder}-api-1-pages`, API_1, ["es2022", "dom"], [], resolution);
    await check(`${folder}-api-1-all`, API_1, ["es2022"], [], resolution);
  });
}

test("asc compiles the portable sources to an agent", async () => {
  await run(tool("asc"), [
    "node_modules/guestwire/dist/portable/hosts/wasm/agent.ts",
    "--runtime=stub",
    "--use=abort=",
    "--optimizeLevel=2",
    "--outFile=own.wasm",
  ]);
  const own = new WebAssembly.Module(readFileSync(join(project, "own.wasm")));
  const shipped = new WebAssembly.Module(readFileSync(join(project, "node_modules/guestwire/dist/agent.wasm")));
  assert.deepEqual(WebAssembly.Module.imports(own), []);
  assert.deepEqual(WebAssembly.Module.exports(own), WebAssembly.Module.exports(shipped));
  put(
    "own.mjs",
    `import { readFileSync } from "node:fs";
import { createAgent } from "guestwire";
import { wasmFrom } from "guestwire/wasm";

const core = wasmFrom(new WebAssembly.Module(readFileSync("own.wasm")));
createAgent({ core }).serve(${TRANSPORT});
`,
  );
  assert.equal(await run(process.execPath, ["own.mjs"]), PONG);
});

test("make builds the C host in the package, without a warning", { skip: skipCHost }, async () => {
  const folder = join(project, "node_modules/guestwire/hosts/wasm/c");
  assert.equal(await run("make", ["-s", "-C", folder]), "");
  const program = join(folder, "build/guestwire-agent");
  assert.equal(await run("sh", ["-c", `echo '{"execute":"guest-ping"}' | "$0"`, program]), PONG);
});
