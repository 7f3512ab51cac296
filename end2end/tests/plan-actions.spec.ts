// What can be done to a plan: run cancelled, log read, edited and gone on with, conflicting edits, no changes, closed and reopened, merged.
import { expect, expectPhase, test } from "../support/test.ts";
import { inspect } from "../support/look.ts";

const steps = "## Steps\n\n1. Write the first rule.\n2. Write the second rule.";

test("a run is cancelled, submitted again, fails, and is edited and gone on with", async ({ page, sandbox, signIn }) => {
  test.setTimeout(240_000);
  await signIn("writer");
  const number = await sandbox.plan("Rules", `# Rules\n\n${steps}\n\ndemo:slow 120`);
  const plan = `/acme/widgets/plans/${number}`;
  const submit = async (choice?: string) => {
    await page.goto(`/submit?plan=acme/widgets/${number}${choice ? `&existing=${choice}` : ""}`);
    await page.getByRole("button", { name: "Submit plan" }).click();
    await expect(page.locator("#item-1")).toHaveAttribute("data-state", "review", { timeout: 90_000 });
    await page.goto(plan);
  };
  await submit();
  await expectPhase(page, "implementing");
  await page.locator("#action-cancel-run summary").click();
  await page.getByRole("button", { name: "Cancel run now" }).click();
  await expectPhase(page, "cancelled");

  // Submitted again during a run: that run is cancelled, and both attempts stay.
  await submit("use");
  await expectPhase(page, "implementing");
  await sandbox.send("PATCH", `/repos/acme/widgets/issues/${number}`, { body: `# Rules\n\n${steps}\n\ndemo:fail-step 2` });
  await submit("replace");
  await expectPhase(page, "failed");
  await expect(page.locator("#attempts details.attempt")).toHaveCount(3);
  await expect(page.locator("#trouble")).toContainText("step");
  await page.locator("#attempt-3 a[href^=\"/acme/widgets/plans/\"]").first().click();
  await expect(page.locator("details.log-part[open]")).toHaveCount(1);
  await inspect(page, "log");
  await page.getByRole("searchbox", { name: "Find in this log" }).fill("fail-step");
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page.locator("#hits")).toContainText("fail-step");

  await page.goto(plan);
  await page.getByText("Edit plan").click();
  const text = page.getByRole("textbox", { name: "Plan" });
  await text.fill((await text.inputValue()).replace("demo:fail-step 2", "As asked."));
  await page.getByRole("button", { name: "Save and go on from the failed step" }).click();
  await expectPhase(page, "complete");
  await page.locator("#action-merge > summary").click();
  await page.getByRole("button", { name: "Merge pull request now" }).click();
  await expectPhase(page, "merged");
});

test("two people edit, one finds no changes, and the plan is closed and reopened", async ({ page, sandbox, signIn }) => {
  test.setTimeout(180_000);
  await signIn("writer");
  await page.goto("/plans/new?repo=acme/widgets");
  await page.getByRole("textbox", { name: "Plan" }).fill(`# Nothing\n\n${steps}`);
  await page.getByRole("button", { name: "Create plan" }).click();
  await expectPhase(page, "created");
  await page.waitForURL(/\/plans\/\d+$/);
  const number = Number(new URL(page.url()).pathname.split("/").pop());
  await page.getByText("Edit plan").click();
  const mine = page.getByRole("textbox", { name: "Plan" });
  await mine.fill(`${await mine.inputValue()}\n\nMine.`);
  const [comment] = await sandbox.api<{ id: number; body: string }[]>(`/repos/acme/widgets/issues/${number}/comments`);
  const theirs = comment.body.replace("first rule", "first rule of theirs");
  await sandbox.send("PATCH", `/repos/acme/widgets/issues/comments/${comment.id}`, { body: theirs });
  await page.getByRole("button", { name: "Save plan" }).click();
  await expect(page.getByRole("alert")).toContainText("changed the plan on GitHub");
  await expect(page.locator(".theirs")).toContainText("first rule of theirs");
  await expect(mine).toHaveValue(/Mine\.\s*$/);
  await inspect(page, "edit-conflict");
  await mine.fill(`# Nothing\n\n${steps}\n\nBoth. demo:no-changes`);
  await page.getByRole("button", { name: "Save plan" }).click();
  await expect(page.getByText("Plan saved to GitHub.")).toBeVisible();

  await page.goto(`/submit?plan=acme/widgets/${number}`);
  await page.getByRole("button", { name: "Submit plan" }).click();
  await expect(page.locator("#item-1")).toHaveAttribute("data-state", "review", { timeout: 90_000 });
  await page.goto(`/acme/widgets/plans/${number}`);
  await expectPhase(page, "no-changes");
  await expect(page.locator("#pull-request")).toBeVisible();
  await expect(page.locator("#trouble")).toContainText("without changing anything");
  await expect(page.locator("#checkout pre")).toContainText("git pull --rebase");

  await page.locator("#action-close-plan summary").click();
  await page.getByLabel("Reason").selectOption("completed");
  await page.getByRole("button", { name: "Close plan now" }).click();
  await expect(page.getByRole("button", { name: "Reopen plan" })).toBeVisible();
  const issue = await sandbox.api<{ state: string; state_reason: string }>(`/repos/acme/widgets/issues/${number}`);
  expect([issue.state, issue.state_reason]).toEqual(["closed", "completed"]);
  await page.getByRole("button", { name: "Reopen plan" }).click();
  await expect(page.getByText("Close plan").first()).toBeVisible();
});
