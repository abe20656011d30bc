// <guestwire-console> in somebody's own page: what a person has of it, and what is left when it is taken out.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { createAgent } from "guestwire";
import { connectUnix } from "guestwire/node";
import { COUNTING } from "./going-on.ts";
import { skipBrowser } from "./serial-port.ts";
import { CHOOSER, Stage, call } from "./stage.ts";

interface Chunk {
  readonly direction: "in" | "out";
  readonly bytes: number[];
}

/** Asks until the answer is this one, or is not going to be. */
async function comesTo(ask: () => Promise<unknown>, expected: unknown): Promise<void> {
  let answer = await ask();
  for (let asked = 0; answer !== expected && asked < 1000; asked++) {
    await setTimeout(10);
    answer = await ask();
  }
  assert.equal(answer, expected);
}

describe("the console's element", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  /** Opens a page with consoles of these names, which are connected. */
  async function visit(t: TestContext, names: readonly string[], options: BrowserContextOptions = {}): Promise<Page> {
    const context = await stage.context(t, { viewport: { width: 1280, height: 800 }, ...options });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await stage.open(t, "elements", context);
    for (const name of names) {
      await call(page, "add", name);
      await call(page, "connect", name);
    }
    return page;
  }

  const button = (within: Page | Locator, name: string): Locator => within.getByRole("button", { name, exact: true });
  const status = (within: Page | Locator, text: RegExp): Promise<void> =>
    within.getByRole("status").filter({ hasText: text }).first().waitFor();
  const wireOf = (within: Page | Locator): Locator => within.getByRole("grid", { name: "Wire" });
  const replyOf = (within: Page | Locator): Locator => within.getByRole("group", { name: "Reply", exact: true });

  /** Calls a command by its button and its form. */
  async function run(within: Page | Locator, command: string, text?: string): Promise<void> {
    await within.getByRole("list", { name: "Commands" }).getByRole("button", { name: command }).click();
    if (text !== undefined) await within.getByLabel("text", { exact: true }).fill(text);
    await within.getByRole("button", { name: "Run" }).click();
    await replyOf(within)
      .getByText(text ?? "Returned")
      .first()
      .waitFor();
  }

  async function download(page: Page, name: string): Promise<{ name: string; text: string }> {
    const [file] = await Promise.all([page.waitForEvent("download"), button(page, name).click()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
  }

  test("paused, the wire stays as it is; what comes meanwhile is there when it goes on", async (t) => {
    const page = await visit(t, ["one"]);
    const wire = wireOf(page);
    await button(page, "Pause").click();
    await page.getByText("Paused ·").waitFor();
    const count = await wire.getAttribute("aria-rowcount");
    await call(page, "say", "one", "said while paused\n");
    await run(page, "echo", "called while paused");
    // The counters go on.
    const chunks = await call<Chunk[]>(page, "chunks", "one");
    const bytes = chunks.filter(({ direction }) => direction === "in").flatMap((chunk) => chunk.bytes).length;
    const counter = page.locator("dl div").filter({ hasText: "Bytes in" }).locator("dd");
    await comesTo(async () => (await counter.innerText()).replaceAll(/\s/g, ""), String(bytes));
    assert.equal(await wire.getAttribute("aria-rowcount"), count);
    await page.getByText(`Paused · ${Number(count) - 1} entries`).waitFor();

    await button(page, "Pause").click();
    await wire.getByText("said while paused").waitFor();
    assert.equal(await wire.getByText("called while paused").count(), 2);
  });

  test("the wire as a file: each byte as it went, in lines of JSON and of text, and what the filter shows", async (t) => {
    const page = await visit(t, ["one"]);
    await run(page, "echo", "\u00ff and more");
    const chunks = await call<Chunk[]>(page, "chunks", "one");
    const hex = (bytes: number[], between: string): string =>
      bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(between);

    const json = await download(page, "Export JSON");
    assert.match(json.name, /^guestwire-[\dT-]+\.jsonl$/);
    const entries = json.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      entries.flatMap(({ mark, direction, bytes, hex: digits }) =>
        mark === undefined ? [{ direction, bytes, hex: digits }] : [],
      ),
      chunks.map(({ direction, bytes }) => ({ direction, bytes: bytes.length, hex: hex(bytes, "") })),
    );
    assert.deepEqual(
      entries.flatMap(({ mark }) => (mark === undefined ? [] : [mark])),
      ["Synchronising", "In step"],
    );
    const times = entries.map(({ time }) => Date.parse(String(time)));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );

    const text = await download(page, "Export text");
    assert.match(text.name, /\.txt$/);
    assert.deepEqual(
      text.text
        .trimEnd()
        .split("\n")
        .map((line) =>
          line
            .slice(line.indexOf("Z") + 2)
            .replace("in  ", "in ")
            .split("  ", 2),
        ),
      entries.map(({ mark, direction, bytes, hex: digits }) =>
        mark === undefined
          ? [`${String(direction)} ${String(bytes)}`, String(digits).replaceAll(/..(?!$)/g, "$& ")]
          : [`--- ${String(mark)}`],
      ),
    );

    await page.getByRole("searchbox", { name: "Filter wire" }).fill("and more");
    const few = await download(page, "Export JSON");
    assert.equal(few.text.trimEnd().split("\n").length, 2);
  });

  test("a reply is copied as JSON, exact", async (t) => {
    const page = await visit(t, ["one"]);
    await run(page, "big");
    await page.getByRole("button", { name: "Copy" }).click();
    await status(page, /Copied/);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, '{\n  "value": 9007199254740993,\n  "list": [\n    "\u00e4",\n    null\n  ]\n}');
  });

  test("two in one page: each has its channel, its state, its events, and its history", async (t) => {
    const page = await visit(t, ["one", "two"]);
    const [one, two] = [page.locator("#one"), page.locator("#two")];
    await status(one, /Ready.*agent one/);
    await status(two, /Ready.*agent two/);
    const begun = ["connecting", "ready"].map((state) => ({ role: "console", state, problem: undefined }));
    for (const name of ["one", "two"]) assert.deepEqual(await call(page, "states", name), begun);

    await run(one, "echo", "to one only");
    await one.getByRole("list", { name: "History" }).getByText("to one only").waitFor();
    assert.equal(await two.getByText("to one only").count(), 0);

    await call(page, "cut", "two");
    await two.getByRole("alert").getByText("somebody has cut it").waitFor();
    await status(one, /Ready/);
    assert.deepEqual(await call(page, "states", "one"), []);
    const [last] = (await call<{ role: string; state: string; problem?: string }[]>(page, "states", "two")).slice(-1);
    assert.deepEqual([last?.role, last?.state], ["console", "idle"]);
    assert.match(String(last?.problem), /Somebody has cut it\./);

    await page.reload();
    await page.waitForFunction("globalThis.call !== undefined");
    for (const name of ["one", "two"]) await call(page, "add", name);
    await one.getByRole("list", { name: "History" }).getByText("to one only").waitFor();
    await two.getByText("Calls that you make are kept here").waitFor();
  });

  test("taken out of the page it leaves nothing behind; put back in it works; moved it stays connected", async (t) => {
    const context = await stage.context(t);
    await context.addInitScript(COUNTING);
    const page = await stage.open(t, "elements", context);
    const quiet = await page.evaluate("goingOn()");
    const isQuiet = (): Promise<void> => comesTo(() => page.evaluate("goingOn()"), quiet);
    await call(page, "add", "one");
    await call(page, "connect", "one");
    await run(page, "echo", "hello");
    await call(page, "move", "one");
    await run(page, "echo", "moved");
    assert.equal(await call(page, "sessions", "one"), 1);

    await page.getByRole("tab", { name: "Agent" }).click();
    await page.getByRole("button", { name: "Disconnect it" }).click();
    await page.getByLabel("Address of a module").fill("/ticking.js");
    await page.getByRole("button", { name: "Load" }).click();
    await page.getByText("tick", { exact: true }).waitFor();
    assert.notEqual(await page.evaluate("goingOn()"), quiet);
    await page.getByRole("button", { name: "Serve" }).click();
    await status(page, /Serving/);
    const served = (await call<{ role: string; state: string }[]>(page, "states", "one")).slice(-2);
    assert.deepEqual(
      served.map(({ role, state }) => `${role} ${state}`),
      ["agent connecting", "agent ready"],
    );
    await call(page, "takeOut", "one");
    await isQuiet();
    assert.equal(await call(page, "sessions", "one"), 0);

    await call(page, "putBack", "one");
    await status(page, /Stopped/);
    await page.getByText("None is loaded").waitFor();
    await page.getByRole("button", { name: "Serve" }).click();
    await status(page, /Serving/);
    await page.getByRole("tab", { name: "Console" }).click();
    await call(page, "connect", "one");
    await run(page, "echo", "again");
    await call(page, "connectAndTakeOut", "one");
    await isQuiet();
    assert.equal(await call(page, "sessions", "one"), 0);
    await call(page, "connect", "one");
    assert.equal(await call(page, "sessions", "one"), 0);

    await call(page, "forget", "one");
    await comesTo(async () => {
      await page.requestGC();
      return call(page, "kept");
    }, 0);
  });

  test("taken out of the page it closes its serial port", async (t) => {
    const context = await stage.context(t);
    await context.addInitScript(COUNTING);
    await context.addInitScript(CHOOSER);
    const page = await stage.open(t, "elements", context);
    const quiet = await page.evaluate("goingOn()");
    const agent = createAgent({ version: "far" });
    agent.serve(await connectUnix(stage.port.far));
    t.after(() => agent.close());
    await call(page, "add", "one");
    await page.getByLabel("Channel").selectOption("Serial port");
    await page.getByRole("button", { name: "Connect" }).click();
    await status(page, /Ready.*agent far/);
    await call(page, "takeOut", "one");
    await comesTo(() => stage.port.isOpen(), false);
    await comesTo(() => page.evaluate("goingOn()"), quiet);
  });

  test("its scheme is the system's, or as the attribute says; a page's own colours come first", async (t) => {
    const page = await visit(t, ["one"], { colorScheme: "light" });
    const element = page.locator("#one");
    const ground = (): Promise<string> => element.evaluate((host) => getComputedStyle(host).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await ground();
    assert.notEqual(dark, light);
    await element.evaluate((host) => host.setAttribute("theme", "light"));
    assert.equal(await ground(), light);
    await page.emulateMedia({ colorScheme: "light" });
    await element.evaluate((host) => host.setAttribute("theme", "dark"));
    assert.equal(await ground(), dark);
    await element.evaluate((host) => (host as HTMLElement).style.setProperty("--guestwire-background", "rgb(1, 2, 3)"));
    assert.equal(await ground(), "rgb(1, 2, 3)");
    // What is not set follows the scheme.
    const ink = (): Promise<string> => element.evaluate((host) => getComputedStyle(host).color);
    const before = await ink();
    await element.evaluate((host) => host.setAttribute("theme", "light"));
    assert.notEqual(await ink(), before);
  });

  test("forced colours: what is chosen, pressed, marked and focused can be told apart", async (t) => {
    const page = await visit(t, ["one"], { forcedColors: "active" });
    await run(page, "echo", "hello");
    const wire = wireOf(page);
    /** What it looks like, without focus and mouse. */
    const look = async (locator: Locator): Promise<string> => {
      await page.mouse.move(0, 0);
      await page.evaluate(() => {
        const focused = document.activeElement?.shadowRoot?.activeElement?.shadowRoot?.activeElement;
        if (focused instanceof HTMLElement) focused.blur();
      });
      return (await locator.screenshot({ animations: "disabled" })).toString("base64");
    };
    const row = wire.getByRole("row").filter({ hasText: "guest-info" }).first();
    const reply = page.getByRole("group", { name: "How the reply is shown" });
    const commands = page.getByRole("list", { name: "Commands", exact: true });
    const tab = (name: string): Locator => page.getByRole("tab", { name });
    const changes: readonly (readonly [what: string, where: Locator, change: () => Promise<void>])[] = [
      ["a button that is pressed", button(page, "Pause"), () => button(page, "Pause").click()],
      ["one of two", button(reply, "Tree"), () => button(reply, "JSON").click()],
      ["a line of the wire", row, () => row.click()],
      ["a command", button(commands, "echo"), () => button(commands, "big").click()],
      ["a tab below", tab("Wire"), () => tab("Log").click()],
      ["a tab above", tab("Agent"), () => tab("Agent").click()],
    ];
    for (const [what, locator, change] of changes) {
      const before = await look(locator);
      await change();
      assert.notEqual(await look(locator), before, `${what} looks the same`);
    }
  });

  for (const forcedColors of ["none", "active"] as const) {
    test(`by keyboard alone: connected, a command found, called, its reply copied, and focus is seen; forced colours: ${forcedColors}`, async (t) => {
      const page = await visit(t, [], { forcedColors });
      await call(page, "add", "one");
      /** Goes on to what has this name. */
      const tabTo = async (name: string): Promise<void> => {
        for (let step = 0; step < 60; step++) {
          await page.keyboard.press("Tab");
          const [found, outline] = await page.evaluate(focusedNow);
          assert.notEqual(outline, "none", `focus on ${found} is not seen`);
          if (found === name) return;
        }
        assert.fail(`the keyboard does not come to ${name}`);
      };
      await tabTo("Connect");
      await page.keyboard.press("Enter");
      await status(page, /Ready/);
      await tabTo("Filter commands");
      await page.keyboard.type("ech");
      await page.keyboard.press("Enter");
      await tabTo("text");
      await page.keyboard.type("by keys");
      await page.keyboard.press("Control+Enter");
      await replyOf(page).getByText("by keys").waitFor();
      await tabTo("Copy");
      await page.keyboard.press("Space");
      await status(page, /Copied/);
      await tabTo("Reply");
      await tabTo("Pause");
      await tabTo("Wire");
      await page.keyboard.press("ArrowUp");
      await page.getByRole("region", { name: "Chunk" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("region", { name: "Chunk" }).waitFor({ state: "detached" });
    });
  }
});

/** In the page: the name of what has the focus, and how that is outlined. */
function focusedNow(): [name: string, outline: string] {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!(element instanceof HTMLElement)) return ["nothing", ""];
  const label =
    element.id === "" ? null : (element.getRootNode() as ShadowRoot).querySelector(`label[for="${element.id}"]`);
  const name = element.ariaLabel ?? (label as HTMLElement | null)?.innerText ?? element.innerText;
  return [name.trim(), element === document.body ? "" : getComputedStyle(element).outlineStyle];
}
