// The README itself: a fresh clone, `make run`, and the main job, with every default; then Ctrl-C and `make run` again.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Page, expect, test } from "@playwright/test";
import { type Command, Servers, freePorts, root } from "../support/servers.ts";

/** Signs in and goes from an instruction to a merged pull request; answers the plan's address. */
async function mainJob(page: Page, servers: Servers): Promise<string> {
  await page.goto(`${servers.url}/sign-in`);
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: /\bwriter\b/ }).click();
  await page.waitForURL((url) => url.href.startsWith(servers.url));
  await page.goto(`${servers.url}/new`);
  await page.getByRole("combobox", { name: "Repository" }).fill("acme/widgets");
  await page.getByRole("combobox", { name: "Repository" }).press("Tab");
  await page.getByRole("textbox", { name: "Instruction" }).fill("Say in the README what a widget is, in two sentences.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await page.waitForURL(/\/acme\/widgets\/plans\/\d+$/);
  await expect(page.locator("main")).toHaveAttribute("data-phase", "complete", { timeout: 90_000 });
  await page.locator("#action-merge > summary").click();
  await page.getByRole("button", { name: "Merge pull request now" }).click();
  await expect(page.locator("main")).toHaveAttribute("data-phase", "merged", { timeout: 30_000 });
  return page.url();
}

test("a newcomer runs a fresh clone, merges a first plan, and finds it again", async ({ page }) => {
  // What git would clone, and nothing that was built; only the compiler's output is shared with this checkout.
  const clone = join(tmpdir(), "waymark-fresh-clone");
  rmSync(clone, { recursive: true, force: true });
  mkdirSync(clone);
  const files = "git ls-files -z --cached --others --exclude-standard | tar --create --null --ignore-failed-read --files-from=-";
  execFileSync("sh", ["-c", `${files} | tar --extract --directory="$0"`, clone], { cwd: root, stdio: ["ignore", "ignore", "ignore"] });
  symlinkSync(join(root, "target"), join(clone, "target"));

  const makeRun: Command = { program: "make", arguments: ["run"], folder: clone, patience: 1_500 };
  const ports = await freePorts();
  let servers = await Servers.run(makeRun, ports);
  const plan = await mainJob(page, servers);
  await servers.stop();

  servers = await Servers.run(makeRun, ports);
  await page.goto(plan);
  await expect(page.locator("main")).toHaveAttribute("data-phase", "merged");
  await page.goto(servers.url);
  await expect(page.getByRole("link", { name: /widget is/ }).first()).toBeVisible();
  const viewer = await page.request.get(`${servers.url}/api/v1/viewer`);
  expect(await viewer.json(), "still signed in").toMatchObject({ login: "writer" });
  await servers.stop();
  rmSync(clone, { recursive: true, force: true });
});

test("what a build leaves runs from any folder", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "waymark-built-"));
  mkdirSync(join(folder, "release"));
  mkdirSync(join(folder, "elsewhere"));
  // As `make build` lays it out: the program, and the site beside it.
  copyFileSync(join(root, "target/debug/waymark"), join(folder, "release/waymark"));
  cpSync(join(root, "target/site"), join(folder, "release/site"), { recursive: true });
  const program = "../release/waymark";
  const servers = await Servers.run({ program, arguments: ["serve", "--sandbox"], folder: join(folder, "elsewhere") }, await freePorts());
  await mainJob(page, servers);
  await servers.stop();
  rmSync(folder, { recursive: true, force: true });
});
