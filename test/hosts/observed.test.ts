// The transport of a channel whose ups and downs go into the log.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Receiver, Transport } from "guestwire";
import { observed } from "../../hosts/node/cli/observed.ts";

test("a watcher and the receiver hear of losses and returns; of the end once, and not where this side closes", async () => {
  const heard: unknown[] = [];
  const make = (): { transport: Transport; peer: Receiver } => {
    let peer: Receiver | undefined;
    const inner: Transport = {
      start: (receiver) => void (peer = receiver),
      write: () => true,
      pause() {},
      resume() {},
      close: async () => peer?.closed(),
    };
    const transport = observed(inner, {
      over: (error) => heard.push(["over", error?.message]),
      lost: (error) => heard.push(["lost", error?.message]),
      reopened: () => heard.push("reopened"),
    });
    transport.start({
      data() {},
      drained() {},
      ended: () => heard.push("- ended"),
      lost: () => heard.push("- lost"),
      reopened: () => heard.push("- reopened"),
      closed: () => heard.push("- closed"),
    });
    return { transport, peer: peer ?? assert.fail("it was not started") };
  };
  const { peer } = make();
  peer.lost();
  peer.reopened();
  peer.lost(new Error("read ENODEV"));
  peer.closed(new Error("read EIO"));
  peer.closed();
  assert.deepEqual(heard.splice(0), [
    ["lost", undefined],
    "- lost",
    "reopened",
    "- reopened",
    ["lost", "read ENODEV"],
    "- lost",
    ["over", "read EIO"],
    "- closed",
    "- closed",
  ]);
  await make().transport.close();
  assert.deepEqual(heard, ["- closed"]);
});
