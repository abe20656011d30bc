// A page that is the agent on a serial port. A bundler puts guestwire into it: npx vite build, npx esbuild --bundle.

import { createAgent } from "guestwire";
import { openWebSerial, requestPort } from "guestwire/webserial";

const button = document.querySelector("button");
const status = document.querySelector("[role=status]");
let hasFailed = false;
const agent = createAgent({
  version: "1.0",
  plugins: [{ name: "page", api: 1, commands: [{ name: "page-title", run: () => document.title }] }],
});

async function serve(port) {
  const transport = await openWebSerial(port, { baudRate: 115200 });
  transport.observe((event) => (status.textContent = event.error?.message ?? event.state));
  agent.serve(transport);
  status.textContent = "open";
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    // A port that was chosen before needs no question, unless it has just failed.
    const [known] = (await navigator.serial?.getPorts()) ?? [];
    await serve(known && !hasFailed ? known : await requestPort());
  } catch (error) {
    hasFailed = true;
    status.textContent = error.message;
    button.disabled = false;
  }
});
