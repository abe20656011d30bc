// A page that asks the agent at the other end of a serial port. A bundler puts guestwire into it: npx vite build, npx esbuild --bundle.

import { connect } from "guestwire/client";
import { openWebSerial, requestPort } from "guestwire/webserial";

const button = document.querySelector("button");
const status = document.querySelector("[role=status]");
const output = document.querySelector("pre");
let client;
let hasFailed = false;

async function ask() {
  if (client === undefined) {
    // A port that was chosen before needs no question, unless it has just failed.
    const [known] = (await navigator.serial?.getPorts()) ?? [];
    const port = known && !hasFailed ? known : await requestPort();
    const transport = await openWebSerial(port, { baudRate: 115200 });
    transport.observe((event) => (status.textContent = event.error?.message ?? event.state));
    client = await connect(transport);
  }
  const { version, supported_commands: commands } = await client.info();
  status.textContent = `Agent ${version}`;
  output.textContent = commands.map(({ name, enabled }) => `${enabled ? "+" : "-"} ${name}`).join("\n");
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await ask();
    button.textContent = "Ask again";
  } catch (error) {
    hasFailed = true;
    status.textContent = error.message;
  }
  button.disabled = false;
});
