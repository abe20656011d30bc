// The examples: a person clicks, and the known port is taken.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Page } from "playwright-core";
import { CHOOSER, type Stage, call } from "./stage.ts";

/** Clicks while another tab has the port, and again when that has let it go. `works` settles when the page has it then. */
export async function failsThenAsks(
  t: TestContext,
  stage: Pick<Stage, "context" | "open" | "openExample">,
  name: string,
  works: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await stage.context(t);
  await context.addInitScript(CHOOSER);
  const other = await stage.open(t, "guestwire", context);
  await call(other, "open");
  const page = await stage.openExample(t, name, context);
  const button = page.getByRole("button", { name: "Connect" });
  await button.click();
  await page.getByRole("status").filter({ hasText: "close the other tab" }).waitFor();
  assert.equal(await page.evaluate("asked"), 0);
  await call(other, "close");
  await button.click();
  await works(page);
  assert.equal(await page.evaluate("asked"), 1);
}
