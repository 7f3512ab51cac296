// Who sees what: a private repository does not exist for an outsider.
import { expect, fillForm, test } from "../support/test.ts";

test("an outsider cannot tell a private repository from one that is not there", async ({ page, signIn }) => {
  await signIn("outsider");
  const answers = [];
  for (const repo of ["acme/secret", "acme/nowhere"]) {
    const answer = await page.goto(`/${repo}/settings`);
    answers.push([answer!.status(), (await page.locator("main").innerText()).replaceAll(repo, "REPO").replace(/Request [-0-9a-f]+/, "Request ID")]);
  }
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0][0]).toBe(404);
  await fillForm(page, "Look around.", "acme/secret");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("combobox", { name: "Repository" })).toHaveAttribute("aria-invalid", "true");
});
