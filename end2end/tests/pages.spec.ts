// Every page: no violation that axe can find, nothing wider than the screen, in both themes and widths.
import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

const shots = join(import.meta.dirname, "../results/screenshots");
mkdirSync(shots, { recursive: true });

const looks = [
  { name: "1280-light", width: 1280, height: 900, scheme: "light" },
  { name: "1280-dark", width: 1280, height: 900, scheme: "dark" },
  { name: "360-light", width: 360, height: 780, scheme: "light" },
  { name: "360-dark", width: 360, height: 780, scheme: "dark" },
] as const;

/** Checks the page as it stands in every width and theme, and keeps a picture of each. */
async function inspect(page: Page, name: string): Promise<void> {
  for (const look of looks) {
    await page.setViewportSize(look);
    await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(shots, `${name}-${look.name}.png`), fullPage: true });
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`), `${name} ${look.name}`).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${name} ${look.name} is wider than the screen`).toBeLessThanOrEqual(0);
  }
}

test("signed out", async ({ page }) => {
  for (const [name, path] of [["overview-anonymous", "/"], ["sign-in", "/sign-in"], ["not-found", "/no/such/page/here"]]) {
    await page.goto(path);
    await inspect(page, name);
  }
});

test("signed in, from the empty overview to a finished plan", async ({ page, signIn }) => {
  test.setTimeout(240_000);
  await signIn("writer");
  for (const [name, path] of [["overview-empty", "/"], ["repos", "/repos"], ["settings", "/acme/widgets/settings"], ["runs", "/runs"]]) {
    await page.goto(path);
    await inspect(page, name);
  }
  await fillForm(page, "Add a glossary of the words that the widgets use.");
  await inspect(page, "new");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("heading", { name: /Preview/ })).toBeVisible();
  await inspect(page, "preview");
  await page.getByRole("textbox", { name: "Instruction" }).fill("");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("alert").first()).toBeVisible();
  await inspect(page, "new-refused");

  await fillForm(page, "Add a glossary of the words that the widgets use.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expectPhase(page, "complete");
  await inspect(page, "plan-complete");
  await page.goto("/");
  await expect(page.getByText("glossary", { exact: false }).first()).toBeVisible();
  await inspect(page, "overview");
});

test("a failed run says where and what to do", async ({ page, signIn }) => {
  await signIn("writer");
  await fillForm(page, "Try a step that fails. demo:fail-step 2");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expectPhase(page, "failed");
  await expect(page.locator("main")).toContainText(/implement/i);
  await inspect(page, "plan-failed");
});
