// Starts Waymark as people do, each on free ports of this machine and with a data folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { addresses, bare } from "./settings.ts";

export const root = resolve(import.meta.dirname, "../..");
const binary = process.env.WAYMARK_BINARY ?? join(root, "target/debug/waymark");

/** What is run, and where. */
export interface Command {
  program: string;
  arguments: string[];
  /** The folder it is started in, where it keeps its data folder. */
  folder: string;
  /** Seconds until it must answer. */
  patience?: number;
}

export interface Ports {
  waymark: number;
  sandbox: number;
}

let next = 0;

/** A port that the system gives to nobody who does not ask for it by number; each worker has a range of its own. */
async function freePort(): Promise<number> {
  const first = 20_000 + 1_000 * (Number(process.env.TEST_PARALLEL_INDEX ?? 0) % 10);
  for (;;) {
    const port = first + (next++ % 1_000);
    const free = await new Promise<boolean>((done) => {
      const server = createServer();
      server.once("error", () => done(false));
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
    if (free) return port;
  }
}

export async function freePorts(): Promise<Ports> {
  return { waymark: await freePort(), sandbox: await freePort() };
}

export class Servers {
  private output = "";
  private readonly process: ChildProcess;

  private constructor(
    readonly url: string,
    readonly sandboxUrl: string,
    command: Command,
    environment: Record<string, string>,
  ) {
    // A group of its own, so that it can be stopped as a terminal does: with all that it started.
    this.process = spawn(command.program, command.arguments, {
      cwd: command.folder,
      env: environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) stream?.on("data", (text) => (this.output += text));
  }

  /** Runs a command that serves Waymark and its sandbox, and waits until it does. */
  static async run(command: Command, ports: Ports, settings: Record<string, string> = {}): Promise<Servers> {
    const { PATH, HOME, CARGO_HOME, RUSTUP_HOME, LANG } = process.env;
    const kept = Object.fromEntries(Object.entries({ PATH, HOME, CARGO_HOME, RUSTUP_HOME, LANG }).filter(([, value]) => value));
    const environment = { ...kept, ...addresses(ports.waymark, ports.sandbox), ...settings } as Record<string, string>;
    const servers = new Servers(`http://127.0.0.1:${ports.waymark}`, `http://127.0.0.1:${ports.sandbox}`, command, environment);
    await servers.listening(command.patience ?? 60);
    return servers;
  }

  /** The built program in an empty folder. */
  static async start(settings: Record<string, string> = {}): Promise<Servers> {
    const folder = mkdtempSync(join(tmpdir(), "waymark-end2end-"));
    const command = { program: binary, arguments: ["serve", "--sandbox"], folder };
    const servers = await Servers.run(command, await freePorts(), { ...bare, ...settings });
    servers.folder = folder;
    return servers;
  }

  /** Removed when the servers stop. */
  private folder?: string;

  get printed(): string {
    return this.output;
  }

  /** Waits until the server answers its health check, or says what it printed instead. */
  private async listening(patience: number): Promise<void> {
    const deadline = Date.now() + patience * 1_000;
    while (Date.now() < deadline) {
      if (this.process.exitCode !== null) throw new Error(`it ended with ${this.process.exitCode}:\n${this.printed}`);
      try {
        if ((await fetch(`${this.url}/healthz`)).ok) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((later) => setTimeout(later, 50));
    }
    await this.stop();
    throw new Error(`no answer within ${patience} seconds:\n${this.printed}`);
  }

  /** Stops it as Ctrl-C in its terminal does. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once("exit", done));
      process.kill(-this.process.pid!, "SIGINT");
      await ended;
    }
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
  }
}
