// A browser with one serial port, and the pages that play on it.

import type { AddressInfo } from "node:net";
import { type Server, createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, after, before } from "node:test";
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { build } from "esbuild";
import { SerialPort } from "./serial-port.ts";

/** What a careful site allows: its own scripts and connections, and nothing written into the page. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self'";

/** For a page that asks for a port: nobody can answer the chooser of a headless browser. How often it asked is in `asked`. */
export const CHOOSER = `
  globalThis.asked = 0;
  navigator.serial.requestPort = async () => {
    globalThis.asked++;
    return (await navigator.serial.getPorts())[0] ?? Promise.reject(new DOMException("", "NotFoundError"));
  };
`;

const EXAMPLES = join(import.meta.dirname, "../../hosts/webserial/examples");

export class Stage {
  readonly port: SerialPort;
  private readonly server: Server;
  private readonly origin: string;
  private readonly browser: Browser;

  private constructor(port: SerialPort, server: Server, origin: string, browser: Browser) {
    this.port = port;
    this.server = server;
    this.origin = origin;
    this.browser = browser;
  }

  /** Pages of these other origins may use the port, too. */
  static async make(origins: readonly string[]): Promise<Stage> {
    const server = await serve();
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const port = await SerialPort.make([origin, ...origins]);
    const browser = await chromium.launch({ executablePath: port.chromium, args: ["--disable-gpu"] });
    return new Stage(port, server, origin, browser);
  }

  /** A stage for the tests around the call, which come one after the other. */
  static forTests(...origins: string[]): Pick<Stage, "port" | "context" | "open" | "openExample" | "visit"> {
    let stage: Stage | undefined;
    const made = (): Stage => stage as Stage;
    before(async () => {
      stage = await Stage.make(origins);
    });
    after(() => stage?.close());
    return {
      get port() {
        return made().port;
      },
      context: (...args) => made().context(...args),
      open: (...args) => made().open(...args),
      openExample: (...args) => made().openExample(...args),
      visit: (...args) => made().visit(...args),
    };
  }

  /** A profile of its own with the port plugged in, which goes with the test. */
  async context(t: TestContext, options: BrowserContextOptions = {}): Promise<BrowserContext> {
    await this.port.plug();
    const context = await this.browser.newContext(options);
    t.after(() => context.close());
    return context;
  }

  /** Opens a page of pages/ in a tab. */
  async open(t: TestContext, name: string, context?: BrowserContext): Promise<Page> {
    const page = await this.visit(t, `${this.origin}/${name}`, context ?? (await this.context(t)));
    await page.waitForFunction("globalThis.call !== undefined");
    return page;
  }

  /** Opens a page of hosts/webserial/examples/ in a tab. */
  openExample(t: TestContext, name: string, context: BrowserContext): Promise<Page> {
    return this.visit(t, `${this.origin}/examples/${name}.html`, context);
  }

  /** Opens any page in a tab. Errors of the page, and what its policy forbids, are the test's. */
  async visit(t: TestContext, address: string, context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
    });
    t.after(() => {
      if (faults.length > 0) throw new Error(`the browser reports: ${faults.join("\n")}`);
    });
    await page.goto(address);
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.port.remove();
    this.server.close();
  }
}

/** How long a page may take to answer, in milliseconds. Playwright sets no bound: a page that hangs would end the whole suite. */
const ANSWER_MS = 30_000;

/** Calls a function that the page offers. */
export function call<Result = void>(page: Page, name: string, ...args: unknown[]): Promise<Result> {
  const what = `${name}(${JSON.stringify(args).slice(1, -1).slice(0, 200)})`;
  return inTime(page.evaluate((words) => globalThis.call(...words), [name, ...args] as const) as Promise<Result>, what);
}

/**
 * Settles when the browser knows that the port is unplugged. Plugged in again before that, it can be opened as the port that it
 * was, and is lost once more when the browser hears of it.
 */
export function unplugged(page: Page): Promise<void> {
  const isHere = "(await navigator.serial.getPorts()).length > 0";
  const wait = `while (${isHere}) await new Promise((resolve) => setTimeout(resolve, 5))`;
  return inTime(page.evaluate(`(async () => { ${wait}; })()`), "unplugged()");
}

async function inTime<Result>(answer: Promise<Result>, what: string): Promise<Result> {
  // Made here, its stack leads to the test.
  const overdue = new Error(`no answer in ${ANSWER_MS / 1000} s: ${what}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(overdue), ANSWER_MS)));
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

declare global {
  /** In the page: calls one of its functions. */
  // oxlint-disable-next-line no-var
  var call: (name: string, ...args: readonly unknown[]) => unknown;
}

/**
 * /NAME is a page with the script /NAME.js, which is built from pages/NAME.ts and the package. /examples/ has the examples as
 * they are, with the package in their scripts.
 */
async function serve(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const isScript = pathname.endsWith(".js");
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("Content-Type", `${isScript ? "text/javascript" : "text/html"}; charset=utf-8`);
    response.end(isScript ? await script(pathname.slice(1, -3)) : html(pathname.slice(1)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const html = (name: string): string =>
  name.startsWith("examples/")
    ? readFileSync(join(EXAMPLES, basename(name)), "utf8")
    : `<!doctype html><html lang="en"><title>${name}</title><script type="module" src="/${name}.js"></script></html>`;

const scripts = new Map<string, Promise<string>>();

function script(name: string): Promise<string> {
  const entry = name.startsWith("examples/")
    ? join(EXAMPLES, `${basename(name)}.js`)
    : join(import.meta.dirname, "pages", `${name}.ts`);
  const built = scripts.get(name) ?? bundle(entry);
  scripts.set(name, built);
  return built;
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
    tsconfigRaw: {},
  });
  return outputFiles[0]?.text ?? "";
}
