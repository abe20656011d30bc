// The same agent for a program that embeds it: agent.wasm with one more command.

import { offer } from "guestwire/dist/portable/core/wasm";
import { CustomCheck } from "./custom-check";

offer(new CustomCheck());

export * from "guestwire/dist/portable/hosts/wasm/agent";
