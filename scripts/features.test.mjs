// What `make run` compiles, `make test` uses: no dependency has other features in one of them and is compiled twice.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";

/** Every crate of a build with its features, the workspace's own left out. */
function crates(...selection) {
  const args = ["tree", "--locked", "--prefix", "none", "--no-dedupe", "--format", "{p} [{f}]", "--features", "waymark/sandbox", ...selection];
  const text = execFileSync("cargo", args, { cwd: resolve(import.meta.dirname, ".."), encoding: "utf8", maxBuffer: 1 << 28 });
  return new Set(text.split("\n").filter((line) => line && !line.startsWith("waymark")));
}

test("no dependency is compiled twice because of its features", () => {
  const tested = crates("--edges", "normal,build,dev");
  for (const run of [crates("--edges", "normal,build", "--package", "waymark"), crates("--edges", "normal,build,dev", "--package", "waymark")]) {
    assert.ok(run.size > 300);
    assert.deepEqual([...run].filter((crate) => !tested.has(crate)), []);
  }
});
