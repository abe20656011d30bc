// A command that returns what it is given, for messages of any size.

import { defineCommand, definePlugin } from "guestwire/plugin";

const command = defineCommand({ name: "echo", arguments: { text: "str" }, returns: "str", run: ({ text }) => text });

export const echo = definePlugin({ name: "echo", api: 1, commands: [command] });

/** A megabyte. */
export const LONG = "0123456789".repeat(100_000);
