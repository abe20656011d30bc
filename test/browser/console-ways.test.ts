// Ways into and out of the console that few people take: channels that do not come or do not end, attributes that go, addresses
// that are none, a wire that is large, and the page opened anew.

import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { createAgent } from "guestwire";
import type { ConsoleElement } from "guestwire/console";
import { listenUnix } from "guestwire/node";
import { CLI, Program, temporaryFolder } from "../hosts/rig.ts";
import { skipBrowser } from "./serial-port.ts";
import { Stage, call } from "./stage.ts";

/** The element with what its class has besides. */
type Element = ConsoleElement & { readonly updateComplete: Promise<unknown> };

describe("the console in unusual ways", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  const status = (page: Page, text: RegExp): Promise<void> =>
    page.getByRole("status").filter({ hasText: text }).first().waitFor();
  const press = (page: Page, name: string): Promise<void> => page.getByRole("button", { name, exact: true }).click();

  test("Cancel, where the page's channel never comes", async (t) => {
    const page = await stage.open(t, "bare");
    await call(page, "never");
    await press(page, "Connect");
    await press(page, "Cancel");
    await status(page, /Not connected/);
    await press(page, "Connect");
    await status(page, /Connecting/);
  });

  test("Close now, where the channel takes long to close", async (t) => {
    const page = await stage.open(t, "bare");
    await call(page, "stalling");
    await press(page, "Connect");
    await press(page, "Cancel");
    await status(page, /Disconnecting/);
    await press(page, "Close now");
    await status(page, /Not connected/);
  });

  test("attributes that go leave their defaults; a tab that there is not is the console; connect() in no page ends", async (t) => {
    const page = await stage.open(t, "bare");
    const found = await page.evaluate(async () => {
      const element = document.querySelector("guestwire-console") as Element;
      const attributes = { bridge: "ws://localhost/", tab: "agent", theme: "dark", "storage-key": "other" };
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      await element.updateComplete;
      const before = [element.bridge, element.tab, element.theme, element.storageKey];
      for (const name of Object.keys(attributes)) element.removeAttribute(name);
      await element.updateComplete;
      const after = [element.bridge, element.tab, element.theme, element.storageKey];
      element.setAttribute("tab", "foo");
      await (document.createElement("guestwire-console") as Element).connect();
      return { before, after };
    });
    assert.deepEqual(found.before, ["ws://localhost/", "agent", "dark", "other"]);
    assert.deepEqual(found.after, ["", "console", "", "guestwire-console"]);
    await page.getByLabel("Channel").selectOption("WebSocket");
    assert.equal(await page.getByRole("button", { name: "Connect" }).isDisabled(), true);
    const tab = page.getByRole("tab", { name: "Console" });
    assert.deepEqual([await tab.getAttribute("aria-selected"), await tab.getAttribute("tabindex")], ["true", "0"]);
  });

  test("modules come from an address on this site: all others are told in a sentence", async (t) => {
    const page = await stage.open(t, "bare");
    await page.getByRole("tab", { name: "Agent" }).click();
    const blob = await page.evaluate(() => URL.createObjectURL(new Blob(["export default {}"])));
    const answers: readonly (readonly [address: string, answer: string])[] = [
      ["http://", "http:// is not an address on this site"],
      [blob, `${blob} is not an address on this site`],
      ["data:text/javascript,", "data:text/javascript, is not an address on this site"],
      ["https://example.org/x.js", "https://example.org/x.js is on another site"],
    ];
    for (const [address, answer] of answers) {
      await page.getByLabel("Address of a module").fill(address);
      await press(page, "Load");
      await page.getByRole("status").filter({ hasText: answer }).waitFor();
    }
  });

  test("while a large wire is exported the page goes on", async (t) => {
    const page = await stage.open(t, "bare");
    await call(page, "large");
    await press(page, "Connect");
    await page.getByRole("grid", { name: "Wire" }).getByText("00 00").first().waitFor();
    const turns = call<number>(page, "turns");
    await press(page, "Export text");
    assert.ok((await turns) >= 2);
  });

  /** Serves the page with a bridge to an agent; returns its address. */
  async function bridged(t: TestContext): Promise<string> {
    const path = join(temporaryFolder(t), "socket");
    const agent = createAgent();
    const listener = await listenUnix(agent, path);
    t.after(async () => {
      await listener.close();
      await agent.close();
    });
    const program = new Program(t, process.execPath, [CLI, "console", "--bridge", path]);
    await program.says("Ctrl-C");
    return /http:\/\/localhost:\S+/.exec(program.stdout)?.[0] ?? assert.fail(program.stdout);
  }

  test("its address opened anew connects the console to the bridge, whatever was chosen and done before", async (t) => {
    const address = await bridged(t);
    const page = await stage.visit(t, address, await stage.context(t, { viewport: { width: 1280, height: 800 } }));
    await status(page, /Ready/);
    const field = page.getByLabel("Address of the WebSocket");
    const begins: readonly (() => Promise<unknown>)[] = [
      () => page.getByLabel("Channel").selectOption("Serial port"),
      () => field.fill("ws://localhost:1/"),
      async () => {
        await page.getByRole("tab", { name: "Agent" }).click();
        await page.evaluate(() => {
          (document.querySelector("guestwire-console") as Element).token = "of an older run";
        });
      },
    ];
    for (const begin of begins) {
      await press(page, "Disconnect");
      await status(page, /Not connected/);
      await begin();
      await page.goto(address);
      await status(page, /Ready/);
    }
    // What is connected stays so.
    await page.evaluate("document.addEventListener('guestwire-state', ({ detail }) => (globalThis.last = detail))");
    await page.goto(address);
    await page.waitForFunction("location.hash === ''");
    await status(page, /Ready/);
    assert.equal(await page.evaluate("globalThis.last"), undefined);
  });
});
