// Reading and the main form work with scripting off.
import { expect, test } from "../support/test.ts";

test.use({ javaScriptEnabled: false });

test("the form dispatches and the plan page can be read", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await page.goto("/new");
  await page.getByRole("combobox", { name: "Repository" }).fill("acme/widgets");
  await page.getByRole("textbox", { name: "Instruction" }).fill("List the make targets in the README.");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("heading", { name: /Preview/ })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Instruction" })).toHaveValue("List the make targets in the README.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await sandbox.control("idle?wait=60");
  await expect(async () => {
    await page.reload();
    await expect(page.locator("main")).toHaveAttribute("data-phase", "complete", { timeout: 500 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByRole("list", { name: "Lifecycle" })).toBeVisible();
});

test("every page can be read", async ({ page, sandbox, signIn }) => {
  const readable = async (paths: string[]) => {
    for (const path of paths) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
    }
  };
  await readable(["/sign-in", "/", "/objectives"]);
  await signIn("writer");
  const plan = await sandbox.plan("Sort the shelves", "# Sort the shelves\n\n1. Sort one.");
  await page.goto("/acme/widgets/settings");
  await page.getByRole("button", { name: "Connect repository" }).click();
  await expect(page.getByRole("status").first()).toBeVisible();
  await readable(["/", "/new", "/plans/new", "/objectives", "/repos", "/acme/widgets/settings", "/runs", "/settings/tokens", "/settings/sessions", "/go?to=nothing"]);
  await readable([`/acme/widgets/plans/${plan}`, `/submit?plan=acme/widgets/${plan}`]);
});
