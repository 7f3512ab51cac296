// A plan that a person wrote: dropped as a file, previewed, created, repaired when its comment was refused, submitted.
import { expect, expectPhase, test } from "../support/test.ts";
import { inspect } from "../support/look.ts";

const plan = "# Write the packing rules down\n\n## Steps\n\n1. Write the first rule.\n2. Write the second rule.\n";

test("a dropped file becomes a plan, is repaired and submitted", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await page.goto("/plans/new?repo=acme/widgets");
  const text = page.getByRole("textbox", { name: "Plan" });
  const file = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], "plan.md", { type: "text/markdown" }));
    return data;
  }, plan);
  await text.dispatchEvent("drop", { dataTransfer: file });
  await expect(text).toHaveValue(plan);

  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.locator("#rendered-plan").getByRole("heading", { name: "Write the packing rules down" })).toBeVisible();
  await expect(page.locator("#preview").getByText("[erk-plan] Write the packing rules down").first()).toBeVisible();
  await inspect(page, "create-preview");

  await sandbox.control("faults", { method: "POST", path: "/issues/[0-9]+/comments$", status: 403, times: 1 });
  await page.getByRole("button", { name: "Create plan" }).click();
  await expectPhase(page, "stopped");
  await page.getByRole("button", { name: "Resume" }).click();
  await expectPhase(page, "created");
  await expect(page.locator("#plan-text").getByText("Write the second rule.").first()).toBeVisible();

  await page.getByRole("link", { name: "Submit plan" }).click();
  await expect(page.locator("#readiness")).toContainText("Nothing is in the way");
  await page.getByRole("button", { name: "Submit plan" }).click();
  await expect(page.locator("#item-1")).toContainText("sent", { timeout: 60_000 });
  await page.locator("#item-1").getByRole("link").click();
  await expectPhase(page, "complete");
});
