// QEMU's own agent as a server for channels: a process on a unix socket that is started anew whenever it is gone.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Transport } from "guestwire";
import type { Server } from "./faults.ts";

/** What it may run; the rest is blocked, should the faults ever spell one. */
const ALLOWED = ["guest-sync-delimited", "guest-sync", "guest-ping", "guest-info", "guest-get-time"];

export class RealServer implements Server {
  /** Processes so far. */
  starts = 0;
  private readonly program: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "guestwire-real-"));
  private readonly blocked: string;
  private child: ChildProcess | undefined;
  /** Settles when the process that was killed is gone: until then it still takes connections, and drops what comes on them. */
  private dying: Promise<unknown> | undefined;
  private isClosed = false;

  /** `block`: commands that it is not to know either. */
  constructor(program: string, block: readonly string[] = []) {
    this.program = program;
    const names = spawnSync(program, ["--block-rpcs=help"], { encoding: "utf8" }).stdout.split("\n");
    const isBlocked = (name: string): boolean => !ALLOWED.includes(name) || block.includes(name);
    this.blocked = names.filter((name) => name !== "" && isBlocked(name)).join(",");
  }

  get path(): string {
    return join(this.folder, "socket");
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  serve(transport: Transport): void {
    let socket: Socket | undefined;
    let isOver = false;
    const attach = async (): Promise<void> => {
      socket = await this.connect();
      if (isOver) socket.destroy();
      socket.on("data", (bytes) => transport.write(bytes));
      // It leaves when a connection ends with bytes unread; the next one may still have reached it.
      socket.on("close", () => {
        if (!isOver && !this.isClosed) void attach();
      });
    };
    void attach().then(() =>
      transport.start({
        data: (bytes) => void socket?.write(Uint8Array.from(bytes)),
        drained() {},
        ended() {},
        lost() {},
        reopened() {},
        closed() {
          isOver = true;
          socket?.destroy();
        },
      }),
    );
  }

  kill(): void {
    if (this.child === undefined || !this.isRunning) return;
    this.dying ??= once(this.child, "exit").then(() => (this.dying = undefined));
    this.child.kill("SIGKILL");
  }

  /** A connection; the agent is started where it does not run. */
  async connect(): Promise<Socket> {
    for (;;) {
      await this.dying;
      if (!this.isRunning && !this.isClosed) this.start();
      const socket = connect(this.path);
      try {
        await once(socket, "connect");
        return socket.on("error", () => {});
      } catch (error) {
        if (this.isClosed) throw error;
        await pause(5);
      }
    }
  }

  private start(): void {
    this.starts++;
    const { path, folder, blocked } = this;
    const options = ["-m", "unix-listen", "-p", path, "-t", folder, "-f", join(folder, "pid"), "-b", blocked];
    this.child = spawn(this.program, options, { stdio: "ignore" });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.kill();
    await this.dying;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
