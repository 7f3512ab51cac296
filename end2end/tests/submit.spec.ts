// Several plans at once: checked first, one refused by GitHub, tried again alone; then its branch is used and replaced.
import { expect, test } from "../support/test.ts";
import { inspect } from "../support/look.ts";

const text = "# Sort the shelves\n\n## Steps\n\n1. Sort the first shelf.";

test("three plans, a fault on the second, and its branch used and replaced", async ({ page, sandbox, signIn }) => {
  test.setTimeout(180_000);
  await signIn("writer");
  const numbers: number[] = [];
  for (const name of ["one", "two", "three"]) numbers.push(await sandbox.plan(`Shelf ${name}`, text));
  const closed = await sandbox.plan("Closed shelf", text);
  await sandbox.send("PATCH", `/repos/acme/widgets/issues/${closed}`, { state: "closed" });
  const all = [...numbers, closed].map((number) => `plan=acme/widgets/${number}`).join("&");

  await page.goto(`/submit?${all}`);
  await expect(page.locator("#submit-4")).toContainText("is closed");
  await expect(page.getByRole("button", { name: "Submit 4 plans" })).toBeDisabled();
  await page.getByRole("link", { name: "Leave out Closed shelf" }).click();
  await expect(page.locator("#readiness")).toContainText("All 3 are submitted");

  await sandbox.control("faults", { method: "POST", path: "/plan-implement.yml/dispatches$", status: 403, skip: 1, times: 1 });
  await page.getByRole("button", { name: "Submit 3 plans" }).click();
  await expect(page).toHaveURL(/\/batches\//);
  await expect(page.locator("#item-3")).toHaveAttribute("data-state", "review", { timeout: 90_000 });
  await expect(page.locator("#item-1")).toHaveAttribute("data-state", "review");
  await expect(page.locator("#item-2")).toHaveAttribute("data-state", "failed");
  await inspect(page, "batch");
  await page.locator("#item-2").getByRole("button", { name: "Try again" }).click();
  await expect(page.locator("#item-2")).toHaveAttribute("data-state", "review", { timeout: 60_000 });

  const branches = () => sandbox.api<{ ref: string }[]>(`/repos/acme/widgets/git/matching-refs/heads/P${numbers[1]}-`);
  const [first] = await branches();
  for (const choice of ["use", "replace"]) {
    await page.goto(`/submit?plan=acme/widgets/${numbers[1]}`);
    const select = page.getByLabel("What becomes of them");
    await expect(page.getByRole("button", { name: "Submit plan" })).toBeDisabled();
    await select.selectOption(choice);
    await page.getByRole("button", { name: "Check again" }).click();
    await expect(page.locator("#readiness")).toContainText("Nothing is in the way");
    if (choice === "replace") await inspect(page, "submit-branches");
    await page.getByRole("button", { name: "Submit plan" }).click();
    await expect(page.locator("#item-1")).toHaveAttribute("data-state", "review", { timeout: 90_000 });
    const now = await branches();
    expect(now).toHaveLength(1);
    if (choice === "use") expect(now[0].ref).toBe(first.ref);
    else expect(now[0].ref).not.toBe(first.ref);
  }
  await sandbox.control("idle?wait=90");
});
