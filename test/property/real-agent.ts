// The real agent, qemu-ga, as a child process, and sessions with it over one connection that stays open: it leaves when a
// client goes with replies unread, and it keeps a half message for the next one.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Ours knows four commands, so sessions use only these; the rest is blocked, should a mutation ever spell one. */
const SHARED = ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info"];

/** Where qemu-ga is installed, if it is. */
export function findRealAgent(): string | undefined {
  const folders = ["/usr/sbin", "/usr/bin", "/usr/local/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders.map((folder) => join(folder, "qemu-ga")).find((file) => existsSync(file));
}

export class RealAgent {
  private readonly child: ChildProcess;
  private readonly folder: string;
  private socket: Socket | undefined;

  /** All commands but `allowed` are blocked. */
  constructor(program: string, allowed: readonly string[] = SHARED) {
    this.folder = mkdtempSync(join(tmpdir(), "guestwire-real-"));
    const listed = spawnSync(program, ["--block-rpcs=help"], { encoding: "utf8" }).stdout.split("\n");
    const blocked = listed.filter((name) => name !== "" && !allowed.includes(name)).join(",");
    const path = join(this.folder, "socket");
    const options = ["-m", "unix-listen", "-p", path, "-t", this.folder, "-f", join(this.folder, "pid"), "-b", blocked];
    this.child = spawn(program, options, { stdio: "ignore" });
  }

  /** Waits until it listens, and connects. */
  async connect(): Promise<void> {
    for (let attempt = 0; this.socket === undefined; attempt++) {
      const socket = connect(join(this.folder, "socket"));
      try {
        await once(socket, "connect");
        this.socket = socket;
      } catch (error) {
        if (attempt === 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** Writes these bytes and collects the answer up to `end`; both in latin-1. */
  async exchange(input: string, end: string): Promise<string> {
    const socket = this.socket;
    if (socket === undefined) throw new Error("not connected");
    return new Promise((resolve, reject) => {
      const tail = Buffer.from(end, "latin1");
      const pieces: Buffer[] = [];
      let last = Buffer.alloc(0);
      const finish = (error?: Error): void => {
        socket.off("data", take).off("close", lost);
        if (error === undefined) resolve(Buffer.concat(pieces).toString("latin1"));
        else reject(error);
      };
      const take = (piece: Buffer): void => {
        pieces.push(piece);
        last = Buffer.concat([last.subarray(Math.max(0, last.length - tail.length)), piece]);
        if (last.subarray(-tail.length).equals(tail)) finish();
      };
      const lost = (): void => finish(new Error("the real agent closed the connection"));
      socket.on("data", take).on("close", lost);
      socket.write(Buffer.from(input, "latin1"));
    });
  }

  async close(): Promise<void> {
    this.socket?.destroy();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, "exit");
      this.child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
