// The entry of agent-wasi.wasm: the four standard commands on stdin and stdout. What stands here runs as `_start`
// (`exportStart` in asconfig.json). An agent of one's own looks like this, with further commands offered.

import { ascii } from "../../core/bytes.ts";
import { serve } from "./serve.ts";
import "./standard.ts";

// This package's version; a test holds it to package.json.
serve(ascii("0.1.0"));
