// The form: nothing typed is lost, and every refusal says what to do.
import { expect, fillForm, test } from "../support/test.ts";

const instruction = "Write down how the widgets are packed, with an example for each size.";

test("what was typed before signing in is there afterwards", async ({ page }) => {
  await fillForm(page, instruction);
  await page.getByRole("button", { name: "Preview" }).click();
  // Not the link of the form's own page, which stands until the answer comes.
  await page.waitForURL((url) => url.pathname === "/sign-in");
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: /\bwriter\b/ }).click();
  await expect(page.getByRole("textbox", { name: "Instruction" })).toHaveValue(instruction);
  await expect(page.getByRole("combobox", { name: "Repository" })).toHaveValue("acme/widgets");
});

test("every page offers to sign in once, and leads back", async ({ page }) => {
  for (const path of ["/", "/new", "/runs", "/repos", "/settings/sessions", "/sign-in"]) {
    await page.goto(path);
    await expect(page.getByRole("link", { name: "Sign in with GitHub" })).toHaveCount(1);
  }
  await page.goto("/new?repo=acme%2Fwidgets");
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: /\bwriter\b/ }).click();
  await expect(page).toHaveURL(/\/new\?repo=acme%2Fwidgets$/);
});

test("an expired login in the middle loses nothing", async ({ page, context, signIn }) => {
  await signIn("writer");
  await fillForm(page, instruction);
  await context.clearCookies();
  await page.getByRole("button", { name: "Dispatch" }).click();
  await page.waitForURL((url) => url.pathname === "/sign-in");
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.getByRole("button", { name: /\bwriter\b/ }).click();
  await expect(page.getByRole("textbox", { name: "Instruction" })).toHaveValue(instruction);
});

test("who types without a pause and reloads loses nothing", async ({ page, signIn }) => {
  await signIn("writer");
  await page.goto("/new?repo=acme/widgets");
  const box = page.getByRole("textbox", { name: "Instruction" });
  const text = `${instruction} And how they are counted.`;
  await box.pressSequentially(text, { delay: 90 });
  // The first reload is the one that might lose something; the server may still be taking what it was sent.
  await expect(async () => {
    await page.reload();
    await expect(box).toHaveValue(text, { timeout: 1_000 });
  }).toPass();
});

test("the preview lists the writes and makes none", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await sandbox.control("journal", undefined, "DELETE");
  await fillForm(page, instruction);
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("heading", { name: /Preview/ })).toBeVisible();
  await expect(page.getByText("/repos/acme/widgets/pulls", { exact: false }).first()).toBeAttached();
  const writes = (await sandbox.journal()).filter((entry) => !["GET", "HEAD"].includes(entry.method));
  expect(writes.filter((entry) => entry.path !== "/graphql")).toEqual([]);
});

test("a template of the repository comes after what is written", async ({ page, signIn }) => {
  await signIn("writer");
  await page.goto("/new");
  await page.getByRole("combobox", { name: "Repository" }).fill("acme/widgets");
  const text = page.getByRole("textbox", { name: "Instruction" });
  await text.fill(instruction);
  const template = page.getByRole("button", { name: "fix a bug" });
  await expect(template).toBeVisible();
  await expect(text).toBeFocused();
  await template.click();
  await expect(text).toHaveValue(new RegExp(`^${instruction}\n\n## What happens\n`));
  await expect(page.getByRole("combobox", { name: "Repository" })).toHaveValue("acme/widgets");
});

test.describe("refusals", () => {
  test.beforeEach(async ({ signIn }) => signIn("writer"));

  for (const [name, text] of [["blank", ""], ["white space", " \n\t "], ["too long", "a".repeat(60_001)]] as const) {
    test(`${name} instruction`, async ({ page }) => {
      await fillForm(page, text);
      await page.getByRole("button", { name: "Dispatch" }).click();
      const field = page.getByRole("textbox", { name: "Instruction" });
      await expect(field).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByRole("alert").first()).toBeFocused();
      if (text.trim()) await expect(field).toHaveValue(text);
    });
  }

  for (const repo of ["acme/archived", "acme/bare", "acme/nowhere"]) {
    test(`repository ${repo}`, async ({ page }) => {
      await fillForm(page, instruction, repo);
      await page.getByRole("button", { name: "Dispatch" }).click();
      await expect(page.getByRole("combobox", { name: "Repository" })).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByRole("textbox", { name: "Instruction" })).toHaveValue(instruction);
    });
  }

  test("a base branch that is gone", async ({ page }) => {
    await fillForm(page, instruction);
    await page.getByRole("combobox", { name: "Base branch" }).fill("no-such-branch");
    await page.getByRole("button", { name: "Dispatch" }).click();
    await expect(page.getByRole("combobox", { name: "Base branch" })).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByRole("textbox", { name: "Instruction" })).toHaveValue(instruction);
  });
});

test("a reader cannot dispatch, and is told so at the repository", async ({ page, signIn }) => {
  await signIn("reader");
  await fillForm(page, instruction);
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expect(page.getByRole("combobox", { name: "Repository" })).toHaveAttribute("aria-invalid", "true");
});
