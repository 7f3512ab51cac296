// What needs the person, while the overview is open: it comes, goes and stays in order without a reload.
import type { Page } from "@playwright/test";
import { inspect } from "../support/look.ts";
import { expect, fillForm, test } from "../support/test.ts";

const issues = "/repos/acme/widgets/issues";
const header = `<!-- erk:metadata-block:plan-header -->
<details>
<summary><code>plan-header</code></summary>

\`\`\`yaml

schema_version: '2'

\`\`\`

</details>
<!-- /erk:metadata-block:plan-header -->`;

const region = (page: Page) => page.locator("#needs-you");

test("rows come and go without a reload, the most harmful first", async ({ page, context, sandbox, signIn }) => {
  test.setTimeout(180_000);
  const wanting = async (title: string) => {
    // Its text is missing, and whoever opened it is asked for it.
    const issue = { title: `[erk-plan] ${title}`, body: header, labels: ["erk-plan"] };
    return (await sandbox.send<{ number: number }>("POST", issues, issue)).number;
  };
  await sandbox.plan("A plan that needs nobody", "# A plan\n\nDo it.");
  await signIn("admin");
  await page.goto("/acme/widgets/settings");
  await page.getByRole("button", { name: "Connect repository" }).click();
  await expect(async () => {
    await page.goto("/");
    await expect(page.locator("#plans tbody tr")).toHaveCount(1, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await expect(region(page)).toHaveCount(0);
  let loads = 0;
  page.on("load", () => loads++);

  const first = await wanting("The first that needs somebody");
  await expect(region(page)).toContainText("The first that needs somebody", { timeout: 60_000 });
  await expect(region(page).getByRole("heading")).toHaveText(/Needs you\s+1$/);
  const others = ["second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
  for (const other of others) await wanting(`The ${other} that needs somebody`);
  await expect(region(page).getByRole("heading")).toHaveText(/Needs you\s+12$/, { timeout: 60_000 });
  const rows = region(page).locator("li:visible");
  await expect(rows).toHaveCount(10);
  await region(page).getByText("Show all 12").click();
  await expect(rows).toHaveCount(12);

  // A dispatch of another page of the same person stops before it has a plan.
  const other = await context.newPage();
  await sandbox.control("faults", { method: "POST", path: "/acme/widgets/issues$", status: 403, times: 1 });
  await fillForm(other, "Add a page about the colours.");
  await other.getByRole("button", { name: "Dispatch" }).click();
  await expect(other.getByRole("button", { name: "Resume dispatch" })).toBeVisible({ timeout: 30_000 });
  await expect(rows.first()).toContainText("GitHub answered 403", { timeout: 60_000 });
  await expect(rows.first()).toContainText("Stopped");
  await expect(rows.first().getByRole("button", { name: /^Resume/ })).toBeVisible();
  await expect(rows, "what was unfolded stays so").toHaveCount(13);
  await inspect(page, "needs-you");

  await sandbox.send("PATCH", `${issues}/${first}`, { state: "closed" });
  await expect(page.locator(`[id="needs-acme/widgets-${first}"]`)).toHaveCount(0, { timeout: 60_000 });
  await expect(region(page).getByRole("heading")).toHaveText(/Needs you\s+12$/);
  expect(loads, "page loads while it was open").toBe(0);

  // The region follows the filters.
  await page.goto("/?q=seventh");
  await expect(rows).toHaveCount(1);
  await page.goto("/?q=nothing+like+this");
  await expect(region(page)).toHaveCount(0);
});
