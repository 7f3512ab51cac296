// The overview by keyboard, live, in every width and theme; the palette; and actions on several rows.
import AxeBuilder from "@axe-core/playwright";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.ts";
import type { Sandbox } from "../support/sandbox.ts";

const shots = join(import.meta.dirname, "../results/screenshots");

async function plan(sandbox: Sandbox, title: string): Promise<number> {
  return (await sandbox.send<{ number: number }>("POST", "/repos/acme/widgets/issues", { title, body: "# A plan\n\nDo it.", labels: ["erk-plan"] })).number;
}

/** No fault that axe can find, nothing wider than the screen. */
async function inspect(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [[1280, "light"], [1280, "dark"], [360, "light"], [360, "dark"]] as const) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`) });
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`), `${name} ${width} ${colorScheme}`).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${name} ${width} is wider than the screen`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test("rows by keyboard, live without jumping, and several at once", async ({ page, sandbox, signIn }) => {
  test.setTimeout(180_000);
  await sandbox.reset();
  const numbers = [];
  for (const title of ["First", "Second", "Third"]) numbers.push(await plan(sandbox, `${title} plan of the overview`));
  await signIn("writer");
  await page.goto("/repos");
  await page.goto("/acme/widgets/settings");
  await page.getByRole("button", { name: "Connect repository" }).click();
  await page.goto("/?sort=number&cols=title-repo-pr-checks-comments-objective-run-branch-author-age-changed");
  const rows = page.locator("#plans tbody tr");
  await expect(rows).toHaveCount(3, { timeout: 60_000 });
  await inspect(page, "overview-wide");
  await page.goto("/?sort=number&cols=title-repo-pr-checks-author-changed");

  // j and k move, x selects, and what is selected stays so while rows come and change.
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(rows.nth(1).locator("th a")).toBeFocused();
  await page.keyboard.press("x");
  await expect(rows.nth(1).getByRole("checkbox")).toBeChecked();
  await expect(page.locator("#selected")).toHaveText("1 plan selected");
  await inspect(page, "overview-selected");
  const before = await rows.nth(1).boundingBox();
  await plan(sandbox, "A fourth plan that comes meanwhile");
  await expect(page.locator("#new-rows")).toHaveText("1 new", { timeout: 30_000 });
  await expect(rows.nth(1).getByRole("checkbox")).toBeChecked();
  await expect(rows.nth(1).locator("th a")).toBeFocused();
  expect(await rows.nth(1).boundingBox()).toEqual(before);
  await page.locator("#new-rows").click();
  await expect(rows).toHaveCount(4);

  // Close all of them but the new one.
  await page.getByRole("checkbox", { name: "Select every plan of this page" }).check();
  await rows.first().getByRole("checkbox").uncheck();
  await expect(page.locator("#selected")).toHaveText("3 plans selected");
  await page.locator("#batch-close-plan > summary").click();
  await page.getByRole("button", { name: "Close plans now" }).click();
  await expect(page.getByRole("status").first()).toContainText("Closed", { timeout: 60_000 });
  await expect(rows.locator("input:checked")).toHaveCount(0);
  for (const number of numbers) expect((await sandbox.api<{ state: string }>(`/repos/acme/widgets/issues/${number}`)).state).toBe("closed");
  await page.getByRole("link", { name: /^Closed/ }).click();
  await expect(rows).toHaveCount(3);

  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/plans\/\d+$/);
});

test("the palette and the keys", async ({ page, sandbox, signIn }) => {
  await sandbox.reset();
  const number = await plan(sandbox, "A plan to go to");
  await signIn("writer");
  await page.goto("/acme/widgets/settings");
  const connect = page.getByRole("button", { name: "Connect repository" });
  if (await connect.isVisible()) await connect.click();
  await page.goto("/");
  await expect(page.locator("#plans tbody tr")).not.toHaveCount(0, { timeout: 60_000 });

  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await expect(keys).toBeVisible();
  await inspect(page, "keys");
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search" })).toBeFocused();

  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: /Search pages/ });
  await expect(box).toBeFocused();
  await inspect(page, "palette");
  await box.fill("export");
  await expect(page.getByRole("option", { name: "Export", exact: true })).toHaveAttribute("aria-selected", "true");
  await box.fill(`acme/widgets#${number}`);
  await expect(page.getByRole("option").first()).toContainText("Go to");
  await expect(box).toHaveAttribute("aria-activedescendant", "palette-0");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/acme/widgets/plans/${number}$`));

  // An action of the page: closing asks once more before it is done.
  await page.keyboard.press("Control+k");
  await box.fill("close plan now");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Close plan now" })).toBeFocused();
  await page.goto("/settings/tokens");
  await page.getByRole("textbox", { name: "Name" }).fill("nightly report");
  await page.getByRole("button", { name: "Make token" }).click();
  await expect(page.locator("#new-token")).toContainText("wmk_");
  await inspect(page, "tokens");
});
