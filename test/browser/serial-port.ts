// A serial port for Chromium that is none: the browser sees a device in a mount namespace of its own, and the far end of the
// wire is a unix socket. serial-port.sh says how.

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CI } from "../ci.ts";
import { relayStderr } from "../hosts/rig.ts";

const TOOLS = ["unshare", "nsenter", "mount", "flock", "cc", "chromium"];

function whyNot(): string | false {
  const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);
  if (missing.length > 0) return `${missing.join(", ")} not installed (Debian: util-linux, gcc, chromium)`;
  if (process.getuid?.() !== 0) return "only root can give Chromium a serial port";
  if (!existsSync("/sys/devices/virtual/tty/tty63/uevent")) return "this machine has no virtual consoles";
  if (spawnSync("unshare", ["--mount", "true"]).status !== 0) return "root may make no mount namespace here";
  return false;
}

/** Why tests in Chromium are skipped; false where they are not. */
export const skipBrowser: string | false = whyNot();
if (skipBrowser && CI) throw new Error(`nothing can be tested in Chromium: ${skipBrowser}`);

/** The USB ids of the port, as its getInfo() has them. */
export const USB = { usbVendorId: 0x1209, usbProductId: 0x0001 };

const hex = (id: number): string => id.toString(16).padStart(4, "0");

export class SerialPort {
  private readonly folder: string;
  private readonly wire: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private isPlugged = true;

  private constructor(folder: string) {
    this.folder = folder;
    const args = ["--mount", "--propagation", "private", "sh", join(import.meta.dirname, "serial-port.sh"), folder];
    this.wire = spawn("unshare", args, { stdio: ["pipe", "pipe", "pipe"] });
    relayStderr(this.wire);
    this.lines = createInterface({ input: this.wire.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** Makes the port. Pages of these origins may use it unasked. */
  static async make(origins: readonly string[]): Promise<SerialPort> {
    const folder = mkdtempSync(join(tmpdir(), "guestwire-port-"));
    const compile = (...args: string[]): void =>
      void execFileSync("cc", ["-Wall", "-Wextra", "-Werror", ...args], { cwd: import.meta.dirname, stdio: "inherit" });
    compile("-O1", "-o", join(folder, "wire"), "wire.c");
    compile("-shared", "-fPIC", "-o", join(folder, "tty-calls.so"), "tty-calls.c");
    const ids = `ID_VENDOR_ID=${hex(USB.usbVendorId)}\nID_MODEL_ID=${hex(USB.usbProductId)}\n`;
    writeFileSync(join(folder, "usb"), `ID_BUS=usb\n${ids}ID_MODEL_ENC=Emulated\\x20port\n`);
    writeFileSync(join(folder, "policy.json"), JSON.stringify({ SerialAllowAllPortsForUrls: origins }));
    const port = new SerialPort(folder);
    try {
      await port.line();
    } catch (error) {
      await port.remove();
      throw error;
    }
    const chromium = `exec nsenter --target ${port.wire.pid} --mount chromium "$@"`;
    writeFileSync(port.chromium, `#!/bin/sh\nexport LD_PRELOAD=${folder}/tty-calls.so\n${chromium}\n`);
    chmodSync(port.chromium, 0o755);
    return port;
  }

  /** The program that starts a Chromium which sees the port. */
  get chromium(): string {
    return join(this.folder, "chromium");
  }

  /** The unix socket that is the far end of the wire, for one at a time. */
  get far(): string {
    return join(this.folder, "far");
  }

  /** Pulls the cable. */
  async unplug(): Promise<void> {
    if (this.isPlugged) await this.obeys("unplug");
    this.isPlugged = false;
  }

  async plug(): Promise<void> {
    if (!this.isPlugged) await this.obeys("plug");
    this.isPlugged = true;
  }

  /** The far end hangs up; the device stays. */
  hangUp(): Promise<void> {
    return this.obeys("hangup");
  }

  /** Whether a browser has it open. What was sent at the far end before is on its way then, or lost. */
  async isOpen(): Promise<boolean> {
    return (await this.answer("state")) !== "closed";
  }

  /** Whether the browser has sent more than the far end reads. */
  async isBlocked(): Promise<boolean> {
    return (await this.answer("state")) === "blocked";
  }

  async remove(): Promise<void> {
    const exited = this.wire.exitCode === null && this.wire.signalCode === null ? once(this.wire, "exit") : undefined;
    this.wire.kill("SIGKILL");
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async obeys(command: string): Promise<void> {
    const answer = await this.answer(command);
    if (answer !== "done") throw new Error(`the serial port: ${answer}`);
  }

  private answer(command: string): Promise<string> {
    this.wire.stdin?.write(`${command}\n`);
    return this.line();
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error("the serial port is gone");
    return value;
  }
}
