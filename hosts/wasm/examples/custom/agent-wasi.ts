// The agent as a WASI command: the four standard commands and one of our own, on stdin and stdout.

import { ascii } from "guestwire/dist/portable/core/bytes";
import { offer } from "guestwire/dist/portable/core/wasm";
import { serve } from "guestwire/dist/portable/hosts/wasm/serve";
import "guestwire/dist/portable/hosts/wasm/standard";
import { CustomCheck } from "./custom-check";

offer(new CustomCheck());
// What guest-info calls the version.
serve(ascii("custom 1.0"));
