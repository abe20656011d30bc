// docs/client.md does what it says, for somebody who has installed the package.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAgent } from "guestwire";
import { listenUnix } from "guestwire/node";
import { ROOT, install, run } from "./packed.ts";

test("every program of docs/client.md runs, and ends by itself", async () => {
  const project = realpathSync(mkdtempSync(join(tmpdir(), "guestwire-page-")));
  const socket = join(project, "socket");
  const agent = createAgent({ version: "1.2.3" });
  const listener = await listenUnix(agent, socket);
  try {
    await install(project);
    const page = readFileSync(join(ROOT, "docs/client.md"), "utf8");
    const programs = [...page.matchAll(/```js\n([^]*?)```/g)].map(([, program = ""]) => program);
    assert.ok(programs.length >= 3);
    for (const [index, program] of programs.entries()) {
      assert.match(program, /"\/tmp\/agent\.sock"/);
      const file = `program${index}.mjs`;
      writeFileSync(join(project, file), program.replaceAll("/tmp/agent.sock", socket));
      const printed = await run(process.execPath, [file], { cwd: project });
      assert.match(printed, /1\.2\.3/, program);
    }
  } finally {
    await listener.close();
    await agent.close();
    rmSync(project, { recursive: true, force: true });
  }
});
