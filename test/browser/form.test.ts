// The console's form shows what it sends, and its tree draws whatever an agent replies.

import assert from "node:assert/strict";
import { type TestContext, describe, test } from "node:test";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { skipBrowser } from "./serial-port.ts";
import { Stage, call } from "./stage.ts";

const button = (place: Page | Locator, name: string): Locator => place.getByRole("button", { name, exact: true });
const replyOf = (page: Page): Locator => page.getByRole("group", { name: "Reply", exact: true });

describe("the console's form and tree", { skip: skipBrowser, timeout: 240_000 }, () => {
  const stage = Stage.forTests();

  async function visit(t: TestContext, context?: BrowserContext): Promise<Page> {
    const page = await stage.open(t, "form", context);
    await page.getByRole("status").filter({ hasText: /Ready/ }).first().waitFor();
    return page;
  }

  const choose = (page: Page, command: string): Promise<void> =>
    button(page.getByRole("list", { name: "Commands", exact: true }), command).click();

  /** Runs what is in the form; returns what the agent was sent. */
  async function run(page: Page): Promise<string> {
    await button(page, "Run").click();
    return call(page, "taken");
  }

  const view = (page: Page, how: "Tree" | "JSON"): Promise<void> =>
    button(page.getByRole("group", { name: "How the reply is shown" }), how).click();

  test("a choice is shown as it is sent, whatever was chosen by hand before", async (t) => {
    const page = await visit(t);
    await choose(page, "pick");
    const unit = page.getByLabel("unit", { exact: true });
    for (const choice of ["s", "ms"]) {
      await unit.selectOption(choice);
      assert.match(await run(page), new RegExp(`"unit":\\s*"${choice}"`));
    }
    await page.getByRole("list", { name: "History" }).getByRole("button", { name: '"s"' }).click();
    assert.equal(await unit.inputValue(), "s");
    assert.match(await run(page), /"unit":\s*"s"/);

    for (const choice of ["", "h"]) await unit.selectOption(choice);
    await choose(page, "pick");
    assert.equal(await unit.inputValue(), "");
    for (const choice of ["s", "", "s"]) await unit.selectOption(choice);
    await choose(page, "other");
    assert.equal(await page.getByLabel("kind", { exact: true }).inputValue(), "");
    assert.doesNotMatch(await run(page), /kind/);
  });

  test("a mistake in the form stays there: neither its JSON nor Run say what was before", async (t) => {
    const page = await visit(t);
    await choose(page, "count");
    const field = page.getByLabel("n", { exact: true });
    await field.fill("1");
    assert.match(await run(page), /"n":\s*1\b/);
    await page.getByRole("list", { name: "History" }).getByRole("button", { name: "count" }).click();
    await field.fill("2x");
    await button(page.getByRole("group", { name: "How to give arguments" }), "JSON").click();
    await page.getByRole("status").filter({ hasText: "n is no number" }).waitFor();
    assert.deepEqual([await field.inputValue(), await field.getAttribute("aria-invalid")], ["2x", "true"]);
    await button(page, "Run").click();
    await field.fill("3");
    assert.match(await run(page), /"n":\s*3\b/);
  });

  test("an argument may have the name of what every object has", async (t) => {
    const page = await visit(t);
    await choose(page, "odd");
    await page.getByLabel("constructor", { exact: true }).fill("mine");
    assert.match(await run(page), /"constructor":\s*"mine"/);
  });

  test("Ctrl-Enter runs it from a list of choices, too", async (t) => {
    const page = await visit(t);
    await choose(page, "pick");
    const unit = page.getByLabel("unit", { exact: true });
    await unit.selectOption("h");
    await unit.press("Control+Enter");
    assert.match(await call(page, "taken"), /"unit":\s*"h"/);
  });

  for (const depth of [1000, 100_000]) {
    test(`a reply that is ${depth} levels deep is drawn as a tree, as JSON, and copied`, async (t) => {
      const context = await stage.context(t, { permissions: ["clipboard-read", "clipboard-write"] });
      const page = await visit(t, context);
      await choose(page, "deep");
      await page.getByLabel("n", { exact: true }).fill(String(depth));
      await run(page);
      const reply = replyOf(page);
      await reply.getByText("Returned").waitFor();
      await reply.locator("guestwire-console-value").evaluate(openAll);
      await reply.getByText("JSON has it").waitFor();
      await view(page, "JSON");
      await reply.getByText('"a": [').waitFor();
      await button(page, "Copy").click();
      await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.equal(copied.replaceAll(/\s/g, ""), `${'{"a":['.repeat(depth / 2)}7${"]}".repeat(depth / 2)}`);
      await view(page, "Tree");
      await reply.locator("summary").first().waitFor();
    });
  }

  test("of a reply with many small branches no more begins open than can be read", async (t) => {
    const page = await visit(t);
    await choose(page, "wide");
    await run(page);
    const items = replyOf(page).locator("li");
    await items.first().waitFor();
    assert.ok((await items.count()) < 1500);
  });

  test("in a page that runs from right to left, code does not, and nothing covers the tabs", async (t) => {
    const page = await visit(t);
    await page.evaluate("document.documentElement.dir = 'rtl'");
    await choose(page, "pick");
    await page.getByLabel("unit", { exact: true }).selectOption("s");
    await run(page);
    const wire = page.getByRole("grid", { name: "Wire" });
    const line = wire.getByRole("row").filter({ hasText: "guest-info" }).first();
    const left = async (of: Locator): Promise<number> => (await of.boundingBox())?.x ?? NaN;
    const cells = line.getByRole("gridcell");
    assert.ok((await left(cells.first())) < (await left(cells.last())));
    for (const place of [line, replyOf(page).locator("guestwire-console-value")]) {
      assert.equal(await place.evaluate((element) => getComputedStyle(element).direction), "ltr");
    }
    await page.evaluate(
      "document.querySelector('guestwire-console').style.setProperty('--guestwire-font', 'monospace')",
    );
    for (const direction of ["rtl", "ltr"]) {
      await page.evaluate(`document.documentElement.dir = '${direction}'`);
      const tabs = await page.getByRole("tablist", { name: "Below" }).boundingBox();
      const first = await page.getByLabel("Direction", { exact: true }).boundingBox();
      assert.ok(tabs !== null && first !== null);
      assert.equal(direction === "ltr" ? tabs.x < first.x : tabs.x > first.x, true);
      assert.ok(tabs.x + tabs.width <= first.x || first.x + first.width <= tabs.x, "one covers the other");
    }
  });
});

/** In the page: opens branch after branch, as far as the tree goes. */
async function openAll({ shadowRoot }: Element): Promise<void> {
  for (;;) {
    const summary = shadowRoot?.querySelector<HTMLElement>("details:not([open]) > summary") ?? null;
    if (summary === null) return;
    summary.click();
    // The element hears of it in a task of its own, and draws.
    while (summary.nextElementSibling === null) await new Promise((resolve) => setTimeout(resolve));
  }
}
