// The first minute: what a newcomer finds, is told to try, and can put back to the start.
import { inspect } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

test.use({ settings: { WAYMARK_SANDBOX_WORLD: "demo" } });

test("a newcomer does what the first page says, and resets the demo", async ({ page }) => {
  test.setTimeout(400_000);
  const rows = page.locator("#plans tbody tr");
  const advice = page.getByRole("region", { name: "What to try" });
  await expect(async () => {
    await page.goto("/");
    await expect(page.locator("#total")).toHaveText("25 plans", { timeout: 1_000 });
  }).toPass({ timeout: 90_000 });
  await expect(page.getByText("Reset the demo")).toHaveCount(0);
  await inspect(page, "demo-signed-out");

  await advice.getByRole("link", { name: "Sign in as writer" }).click();
  await page.getByRole("button", { name: /\bwriter\b/ }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await inspect(page, "demo-signed-in");
  for (const [path, name] of [["/runs", "runs"], ["/objectives", "objectives"], ["/repos", "repos"], ["/acme/handbook/settings", "unready"]]) {
    await page.goto(path);
    await inspect(page, `demo-${name}`);
  }
  await page.goto("/");
  await advice.getByRole("link", { name: "see what acme/handbook lacks" }).click();
  await expect(page.locator("#line-workflows")).toContainText("missing");
  await page.goto("/");
  await advice.getByRole("link", { name: "another one failed" }).click();
  await expect(rows).toHaveCount(1);
  await page.goto("/");
  await advice.getByRole("link", { name: "Approve the plan that waits" }).click();
  await expect(rows).toHaveCount(1);
  await rows.first().locator("th a").click();
  await page.getByRole("button", { name: /^Approve/ }).first().click();
  await expect(page.locator("main")).not.toHaveAttribute("data-phase", "needs-approval", { timeout: 60_000 });

  await page.locator("#reset-demo > summary").click();
  await page.getByRole("button", { name: "Reset the demo now" }).click();
  await expect(page.locator(".notice.done")).toContainText("back at its start", { timeout: 60_000 });
  await expect(advice.getByRole("link", { name: "Sign in as writer" })).toBeVisible();
  await expect(async () => {
    await page.goto("/?phase=needs-approval");
    await expect(rows).toHaveCount(1, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
});
