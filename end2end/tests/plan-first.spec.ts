// "Plan first" stops for a person, who edits and approves; then it goes on with the same branch and PR.
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

test("a plan waits for approval, is edited, approved and implemented", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await fillForm(page, "Describe the release steps in a RELEASING.md file.");
  await page.getByRole("radio", { name: "Plan first" }).check();
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expectPhase(page, "needs-approval");
  await expect(page).toHaveURL(/\/acme\/widgets\/plans\/\d+$/);
  const number = Number(page.url().split("/").pop());

  await page.getByText("Edit plan").click();
  const plan = page.getByRole("textbox", { name: "Plan" });
  await plan.fill(`${await plan.inputValue()}\n\nEdited before approval.\n`);
  await page.getByRole("button", { name: "Save plan" }).click();
  await expect(page.getByText("Edited before approval.").first()).toBeVisible();
  const comments = await sandbox.api<{ body: string }[]>(`/repos/acme/widgets/issues/${number}/comments`);
  expect(comments.filter((comment) => comment.body.includes("Edited before approval."))).toHaveLength(1);

  await page.getByRole("button", { name: "Approve plan" }).click();
  await expectPhase(page, "complete");
  const pulls = await sandbox.api<{ head: { ref: string }; draft: boolean }[]>("/repos/acme/widgets/pulls?state=all");
  const ours = pulls.filter((pull) => pull.head.ref.startsWith(`P${number}-`));
  expect(ours).toHaveLength(1);
  expect(ours[0].draft).toBe(false);
});
