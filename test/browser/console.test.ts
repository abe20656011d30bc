// The console as a person has it: `guestwire console` serves it, and Chromium shows it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { createAgent } from "guestwire";
import { connect } from "guestwire/client";
import introspect from "guestwire/introspect";
import { connectUnix, listenUnix } from "guestwire/node";
import { CLI, Program, temporaryFolder } from "../hosts/rig.ts";
import { echo } from "./echo.ts";
import { skipBrowser } from "./serial-port.ts";
import { CHOOSER, Stage, call, unplugged } from "./stage.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/**
 * A port that is free on all addresses. The policy of the browser names it before it is used, and between the tests nobody has
 * it: it lies below those that systems give to who asks for any, so that only a program that wants this very one takes it.
 */
async function freePort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); port < 32_000; port++) {
    const server = createServer().listen(port);
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no port is free");
}

/** What axe finds, in a line each. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
  });
}

describe("the console", { skip: skipBrowser, timeout: 240_000 }, async () => {
  const port = await freePort();
  const stage = Stage.forTests(`http://localhost:${port}`);

  /** Serves the page; returns its address. */
  async function serve(t: TestContext, ...options: string[]): Promise<string> {
    const program = new Program(t, process.execPath, [CLI, "console", "--port", String(port), ...options]);
    await program.says("Ctrl-C");
    return /http:\/\/localhost:\S+/.exec(program.stdout)?.[0] ?? assert.fail(program.stdout);
  }

  /** Serves it with a bridge to an agent that has an echo and tells what its commands take. */
  async function bridged(t: TestContext, ...options: string[]): Promise<string> {
    const path = join(temporaryFolder(t), "socket");
    const agent = createAgent({ version: "1.2.3", plugins: [echo, introspect] });
    const listener = await listenUnix(agent, path);
    t.after(async () => {
      await listener.close();
      await agent.close();
    });
    return serve(t, "--bridge", path, ...options);
  }

  /** Opens it. The tab goes before its server does, so that it sees no connection break. */
  async function visit(t: TestContext, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await stage.context(t, { viewport: DESKTOP, ...options });
    return stage.visit(t, await bridged(t), context);
  }

  const status = (page: Page, text: RegExp): Promise<void> =>
    page.getByRole("status").filter({ hasText: text }).first().waitFor();

  for (const colorScheme of ["light", "dark"] as const) {
    for (const [place, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      test(`${place}, ${colorScheme}: a call by a form, its reply, the wire, the log, the other tab`, async (t) => {
        const page = await visit(t, { colorScheme, viewport });
        await status(page, /Ready.*agent 1\.2\.3/);
        await page.getByRole("list", { name: "Commands" }).getByRole("button", { name: "echo" }).click();
        await page.getByLabel("text", { exact: true }).fill("hello there");
        await page.getByRole("button", { name: "Run" }).click();
        await page.getByRole("group", { name: "Reply", exact: true }).getByText("hello there").waitFor();
        assert.deepEqual(await findings(page), []);

        const wire = page.getByRole("grid", { name: "Wire" });
        await wire.getByText("hello there").first().waitFor();
        await page.getByRole("tab", { name: "Log" }).click();
        assert.deepEqual(await findings(page), []);
        await page.getByRole("tab", { name: "Agent" }).click();
        assert.deepEqual(await findings(page), []);
        const isTooWide = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert.equal(await page.evaluate(isTooWide), false, "it scrolls sideways");
      });
    }
  }

  test("arguments as JSON: a mistake is told, and what was called is in the history after a reload", async (t) => {
    const page = await visit(t);
    await status(page, /Ready/);
    await page.getByRole("list", { name: "Commands" }).getByRole("button", { name: "echo" }).click();
    await page.getByRole("button", { name: "JSON", exact: true }).click();
    await page.getByRole("textbox", { name: "Arguments" }).fill('{"text": "from');
    await status(page, /JSON/);
    await page.getByRole("textbox", { name: "Arguments" }).fill('{"text": "from before"}');
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("group", { name: "Reply", exact: true }).getByText("from before").waitFor();
    await page.reload();
    await status(page, /Ready/);
    await page.getByRole("list", { name: "History" }).getByRole("button", { name: "from before" }).click();
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("group", { name: "Reply", exact: true }).getByText("from before").waitFor();
  });

  test("what is chosen and filtered stays when other tabs are shown, and focus where buttons go", async (t) => {
    const page = await visit(t);
    await status(page, /Ready/);
    assert.equal(await page.getByText("not there yet").count(), 0, "nothing was lost");
    const wire = page.getByRole("grid", { name: "Wire" });
    const filter = page.getByRole("searchbox", { name: "Filter wire" });
    await filter.fill("guest-info");
    await wire.getByText("guest-info").first().click();
    const chunk = page.getByRole("region", { name: "Chunk" });
    await chunk.waitFor();
    await page.getByRole("tab", { name: "Wire" }).press("End");
    await page.getByRole("log").waitFor();
    await page.getByRole("tab", { name: "Log" }).press("Home");
    await chunk.waitFor();
    assert.equal(await filter.inputValue(), "guest-info");
    await chunk.getByRole("button", { name: "Close" }).press("Enter");
    assert.equal(await wire.evaluate((grid) => grid.matches(":focus")), true);

    await page.getByRole("tab", { name: "Console" }).press("End");
    await page.getByRole("button", { name: "Disconnect it" }).press("Enter");
    await page.getByRole("button", { name: "Serve" }).waitFor();
    await page.getByLabel("Address of the WebSocket").fill("");
    assert.equal(await page.getByRole("button", { name: "Serve" }).isDisabled(), true);
  });

  test("a plugin is loaded and removed; an element that leaves the page and comes back connects again", async (t) => {
    const plugin = join(temporaryFolder(t), "hello.js");
    writeFileSync(
      plugin,
      "export default { name: 'hello', api: 1, commands: [{ name: 'hello-you', run: () => 1 }] };\n",
    );
    const address = await bridged(t, "--plugin", plugin);
    const page = await stage.visit(t, address, await stage.context(t, { viewport: DESKTOP }));
    await status(page, /Ready/);
    await page.evaluate(async () => {
      const element = document.querySelector("guestwire-console") as HTMLElement & { connect(): Promise<void> };
      const parent = element.parentElement;
      element.remove();
      await Promise.resolve();
      await Promise.resolve();
      parent?.append(element);
      await element.connect();
    });
    await status(page, /Ready/);
    await page.getByRole("tab", { name: "Agent" }).click();
    await page.getByLabel("Address of a module").fill("/plugins/hello.js");
    await page.getByRole("button", { name: "Load" }).press("Enter");
    await page.getByText("hello-you").waitFor();
    await page.getByRole("button", { name: "Remove hello" }).press("Enter");
    await page.getByText("None is loaded").waitFor();
    assert.equal(await page.getByText("hello-you").count(), 0);
    assert.equal(await page.evaluate("document.activeElement.localName"), "guestwire-console");
  });

  test("a token of a server that ran before is not used, nor one that was refused", async (t) => {
    const context = await stage.context(t, { viewport: DESKTOP });
    await context.addInitScript("if (!sessionStorage.visited) sessionStorage.setItem('guestwire-token', 'old')");
    await context.addInitScript("sessionStorage.visited = 'yes'");
    const kept = (page: Page): Promise<unknown> => page.evaluate("sessionStorage.getItem('guestwire-token')");
    const address = await bridged(t);
    const page = await stage.visit(t, new URL("/", address).href, context);
    await page.getByRole("alert").getByText(/./).first().waitFor();
    assert.equal(await kept(page), null);
    await page.goto(address);
    await status(page, /Ready/);
    await page.getByRole("button", { name: "Disconnect" }).click();
    await status(page, /Not connected/);
  });

  test("the token goes to no other address", async (t) => {
    const page = await visit(t);
    await status(page, /Ready/);
    await page.getByRole("button", { name: "Disconnect" }).click();
    const field = page.getByLabel("Address of the WebSocket");
    await field.fill(`${await field.inputValue()}?other`);
    const asked = page.evaluate(
      () =>
        new Promise<unknown>((resolve) => {
          globalThis.WebSocket = class extends EventTarget {
            constructor(_: string, protocols: unknown) {
              super();
              resolve(protocols);
              throw new Error("no socket here");
            }
          } as unknown as typeof WebSocket;
        }),
    );
    await page.getByRole("button", { name: "Connect" }).click();
    assert.deepEqual(await asked, ["guestwire"]);
    await page.getByRole("alert").getByText("no socket here").waitFor();
    await page.getByRole("alert").getByText("GW_ERR_SOCKET").waitFor();
  });

  test("ten thousand chunks on the wire are few elements, and all are there", async (t) => {
    const page = await stage.open(t, "console");
    await status(page, /Ready/);
    await call(page, "flood", 10_000);
    const wire = page.getByRole("grid", { name: "Wire" });
    await wire.getByText("chunk 9999").waitFor();
    assert.ok(Number(await wire.getAttribute("aria-rowcount")) > 10_000);
    assert.ok((await wire.getByRole("row").count()) < 200);
    for (const number of [0, 5000]) {
      await page.getByRole("searchbox", { name: "Filter wire" }).fill(`chunk ${number}.`);
      await wire.getByText(`chunk ${number}.`).waitFor();
    }
    await page.getByRole("searchbox", { name: "Filter wire" }).fill("");
    await wire.focus();
    await page.keyboard.press("Home");
    await wire.getByText("guest-sync-delimited").first().waitFor();
    await page.keyboard.press("End");
    await wire.getByText("chunk 9999.").waitFor();
    assert.ok((await wire.getByRole("row").count()) < 200);
  });

  test("a serial port: connected, unplugged, plugged in again, and served by the agent in the other tab", async (t) => {
    const context = await stage.context(t, { viewport: DESKTOP });
    await context.addInitScript(CHOOSER);
    const page = await stage.visit(t, await serve(t), context);
    const agent = createAgent({ version: "4.5.6" });
    agent.serve(await connectUnix(stage.port.far));
    t.after(() => agent.close());
    await page.getByRole("button", { name: "Connect" }).click();
    await status(page, /Ready.*agent 4\.5\.6/);
    await stage.port.unplug();
    await status(page, /Channel lost/);
    await unplugged(page);
    await stage.port.plug();
    await status(page, /Ready/);
    await page.getByRole("button", { name: "Disconnect" }).click();
    await status(page, /Not connected/);
    await agent.close();

    await page.getByRole("tab", { name: "Agent" }).click();
    await page.getByRole("button", { name: "Serve" }).click();
    await status(page, /Serving/);
    const client = await connect(await connectUnix(stage.port.far));
    await client.ping();
    await client.close();
    await page.getByRole("grid", { name: "Wire" }).getByText("guest-ping").first().waitFor();
    assert.deepEqual(await findings(page), []);
    await page.getByRole("button", { name: "Stop" }).click();
    await status(page, /Stopped/);
  });
});
