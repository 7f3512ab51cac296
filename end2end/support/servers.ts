// Starts the real server with its embedded sandbox, each on a free port of this machine.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const binary = process.env.WAYMARK_BINARY ?? join(root, "target/debug/waymark");

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : fail(new Error("no port"))));
    });
  });
}

/** Waits until the server answers its health check, or says what it printed instead. */
async function listening(url: string, process: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if (process.exitCode !== null) throw new Error(`waymark ended with ${process.exitCode}:\n${printed()}`);
    try {
      if ((await fetch(`${url}/healthz`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`waymark did not answer within a minute:\n${printed()}`);
}

export class Servers {
  private constructor(
    readonly url: string,
    readonly sandboxUrl: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
    readonly printed: () => string,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<Servers> {
    const folder = mkdtempSync(join(tmpdir(), "waymark-end2end-"));
    const [port, sandboxPort] = [await freePort(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    let output = "";
    const process_ = spawn(binary, ["serve", "--sandbox"], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        WAYMARK_ADDR: `127.0.0.1:${port}`,
        WAYMARK_PUBLIC_URL: url,
        WAYMARK_SANDBOX_ADDR: `127.0.0.1:${sandboxPort}`,
        WAYMARK_DATA_DIR: join(folder, "data"),
        WAYMARK_SITE_DIR: join(root, "target/site"),
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [process_.stdout, process_.stderr]) stream?.on("data", (text) => (output += text));
    const servers = new Servers(url, `http://127.0.0.1:${sandboxPort}`, folder, process_, () => output);
    await listening(url, process_, servers.printed);
    return servers;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once("exit", done));
      this.process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
