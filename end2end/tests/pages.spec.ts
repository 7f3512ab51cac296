// Every page: no violation that axe can find, nothing wider than the screen, in both themes and widths.
import { inspect } from "../support/look.ts";
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

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

  // Titles keep their room on a phone.
  await page.goto("/runs");
  await inspect(page, "runs-failed");
  await page.setViewportSize({ width: 360, height: 780 });
  const title = await page.locator("#runs-failed .run-what a").boundingBox();
  expect(title!.width).toBeGreaterThan(200);
  const button = await page.locator("#runs-failed").getByRole("button").boundingBox();
  expect(button!.y).toBeGreaterThanOrEqual(title!.y + title!.height);
});
