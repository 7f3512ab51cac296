// A dispatch that GitHub refuses half-way: what was made is listed, and it is resumed or undone.
import { inspect } from "../support/look.ts";
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

const issues = "/repos/acme/widgets/issues?state=all&labels=erk-plan";

test("stopped before the issue, it is resumed", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await sandbox.control("faults", { method: "POST", path: "/acme/widgets/issues$", status: 403, times: 1 });
  await fillForm(page, "Add a page about the colours.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  const resume = page.getByRole("button", { name: "Resume dispatch" });
  await expect(resume).toBeVisible({ timeout: 30_000 });
  await expect(page).toHaveURL(/\/dispatches\//);
  await expect(page.getByText("GitHub answered 403").first()).toBeVisible();
  await expect(page.getByRole("list", { name: "Lifecycle" }).locator("[aria-current=step]")).toContainText("Stopped");
  await inspect(page, "dispatch-stopped");
  expect(await sandbox.api<unknown[]>(issues)).toHaveLength(0);
  await resume.click();
  await expectPhase(page, "complete");
  expect(await sandbox.api<unknown[]>(issues)).toHaveLength(1);
});

test("stopped before the run, it is undone", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await sandbox.control("faults", { method: "POST", path: "/one-shot.yml/dispatches$", status: 403, times: 1 });
  await fillForm(page, "Add a page about the sizes.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expect(page.getByText("GitHub answered 403").first()).toBeVisible({ timeout: 30_000 });
  await page.waitForURL(/\/plans\/\d+$/);
  await expect(page.getByRole("link", { name: "Resume or undo it" })).toBeVisible();
  await inspect(page, "plan-stopped");
  await page.getByText("Undo dispatch").click();
  await page.getByRole("button", { name: "Undo it now" }).click();
  await expectPhase(page, "closed");
  const [issue] = await sandbox.api<{ number: number; state: string }[]>(issues);
  expect(issue.state).toBe("closed");
  expect(await sandbox.api<unknown[]>(`/repos/acme/widgets/git/matching-refs/heads/P${issue.number}-`)).toHaveLength(0);
  const pulls = await sandbox.api<{ state: string }[]>("/repos/acme/widgets/pulls?state=all");
  expect(pulls.map((pull) => pull.state)).toEqual(["closed"]);
});
