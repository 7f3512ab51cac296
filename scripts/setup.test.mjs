// What `scripts/setup` says when something stands in its way: a sentence with what to do, before anything is built.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "waymark-setup-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Stand-ins for the programs that setup asks, as on a machine where all is well. */
const well = {
  cargo: "exit 0",
  rustc: 'case "$1" in --version) echo "rustc 1.95.0 (abc 2026-01-01)";; *) echo /;; esac',
  rustup: "exit 0",
  node: "echo v22.1.0",
  npm: "exit 0",
  df: 'printf "Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/x 9 9 99999999 9%% /\\n"',
  "apt-get": "exit 0",
  id: "echo 0",
  cc: "exit 0",
  git: "exit 0",
  curl: "exit 0",
};
/** What setup may use of the real machine. */
const real = ["bash", "sh", "env", "dirname", "sed", "cut", "sort", "awk", "cat", "ls", "mkdir"];

let count = 0;
function setup(changed) {
  const clone = join(folder, String(count++));
  mkdirSync(join(clone, "scripts"), { recursive: true });
  for (const file of ["scripts/setup", "Cargo.toml", "package-lock.json"]) cpSync(join(root, file), join(clone, file));
  const bin = join(clone, "bin");
  mkdirSync(bin);
  const programs = { ...well, ...changed };
  for (const name of real) programs[name] ??= `PATH=/usr/bin:/bin exec ${name} "$@"`;
  for (const [name, script] of Object.entries(programs)) {
    if (script === null) continue;
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const { status, stderr } = spawnSync("/bin/bash", [join(clone, "scripts/setup"), "build"], { env: { PATH: bin }, encoding: "utf8" });
  return { status, stderr };
}

test("all is well", () => assert.equal(setup({}).status, 0, setup({}).stderr));

for (const [what, changed, sentence] of [
  ["no Rust", { cargo: null }, /cargo is missing\. Install Rust with rustup/],
  ["an old Rust", { rustc: 'echo "rustc 1.70.0 (abc)"' }, /and this is 1\.70\.0\. Run `rustup update`/],
  ["no Node", { node: null }, /Node 18 or newer with npm is missing/],
  ["an old Node", { node: "echo v16.20.2" }, /Node 18 or newer is needed, and this is v16\.20\.2/],
  ["a full disk", { df: 'printf "Filesystem\\n/dev/x 9 9 1048576 9%% /\\n"' }, /the disk has 1 GiB free here, and a first build needs \d+\. Make room/],
  ["no rights to install", { cc: null, id: "echo 1000" }, /gcc: missing, and installing needs administrator rights/],
  ["no network for Debian's packages", { cc: null, "apt-get": "exit 100" }, /gcc could not be installed.*Is this machine connected\?/],
  ["no network for npm", { npm: "exit 1" }, /npm could not fetch the build tools\. Is this machine connected\?/],
  ["no network for cargo", { cargo: 'case "$1" in fetch) exit 101;; esac' }, /cargo could not fetch the dependencies\. Is this machine connected\?/],
  ["no network for rustup", { rustc: 'case "$1" in --version) echo "rustc 1.95.0 (abc)";; *) echo /no/such/folder;; esac', rustup: "exit 1" }, /the wasm target could not be added\. Is this machine connected\?/],
]) {
  test(what, () => {
    const { status, stderr } = setup(changed);
    assert.equal(status, 1, stderr);
    assert.match(stderr, sentence);
  });
}
