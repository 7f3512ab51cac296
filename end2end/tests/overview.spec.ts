// The overview by keyboard, live, in every width and theme; the palette; and actions on several rows.
import { inspect } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

const text = "# A plan\n\nDo it.";

test("rows by keyboard, live without jumping, and several at once", async ({ page, sandbox, signIn }) => {
  test.setTimeout(180_000);
  const numbers = [];
  for (const title of ["First", "Second", "Third"]) numbers.push(await sandbox.plan(`${title} plan of the overview`, text));
  await signIn("writer");
  await page.goto("/repos");
  await page.goto("/acme/widgets/settings");
  await page.getByRole("button", { name: "Connect repository" }).click();
  const rows = page.locator("#plans tbody tr");
  await expect(async () => {
    await page.goto("/?sort=number&cols=title-repo-pr-checks-comments-objective-run-branch-author-age-changed");
    await expect(rows).toHaveCount(3, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await inspect(page, "overview-wide");
  await page.goto("/?sort=number&cols=title-repo-pr-checks-author-changed");

  // j and k move, x selects, and what is selected stays so while rows come and change.
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await expect(rows.nth(1).locator("th a")).toBeFocused();
  await page.keyboard.press("x");
  await expect(rows.nth(1).getByRole("checkbox")).toBeChecked();
  await expect(page.locator("#selected")).toHaveText("1 plan selected");
  await inspect(page, "overview-selected");
  const before = await rows.nth(1).boundingBox();
  await sandbox.plan("A fourth plan that comes meanwhile", text);
  await expect(page.locator("#new-rows")).toHaveText("1 new", { timeout: 30_000 });
  await expect(rows.nth(1).getByRole("checkbox")).toBeChecked();
  await expect(rows.nth(1).locator("th a")).toBeFocused();
  expect(await rows.nth(1).boundingBox()).toEqual(before);
  await page.locator("#new-rows").click();
  await expect(rows).toHaveCount(4);

  // Close all of them but the new one.
  await page.getByRole("checkbox", { name: "Select every plan of this page" }).check();
  await rows.first().getByRole("checkbox").uncheck();
  await expect(page.locator("#selected")).toHaveText("3 plans selected");
  await page.locator("#selection-close-plan > summary").click();
  await page.getByRole("button", { name: "Close plans now" }).click();
  await expect(page.getByRole("status").first()).toContainText("Closed", { timeout: 60_000 });
  await expect(rows.locator("input:checked")).toHaveCount(0);
  for (const number of numbers) expect((await sandbox.api<{ state: string }>(`/repos/acme/widgets/issues/${number}`)).state).toBe("closed");
  await page.getByRole("link", { name: /^Closed/ }).click();
  await expect(rows).toHaveCount(3);

  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/plans\/\d+$/);
});

test("the palette and the keys", async ({ page, sandbox, signIn }) => {
  const number = await sandbox.plan("A plan to go to", text);
  await signIn("writer");
  await page.goto("/acme/widgets/settings");
  const connect = page.getByRole("button", { name: "Connect repository" });
  if (await connect.isVisible()) await connect.click();
  await page.goto("/");
  await expect(page.locator("#plans tbody tr")).not.toHaveCount(0, { timeout: 60_000 });

  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await expect(keys).toBeVisible();
  await inspect(page, "keys");
  await page.keyboard.press("Escape");
  await expect(keys).toBeHidden();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Search" })).toBeFocused();

  await page.keyboard.press("Control+k");
  const box = page.getByRole("combobox", { name: /Search pages/ });
  await expect(box).toBeFocused();
  await inspect(page, "palette");
  await box.fill("export");
  await expect(page.getByRole("option", { name: "Export", exact: true })).toHaveAttribute("aria-selected", "true");
  await box.fill(`acme/widgets#${number}`);
  await expect(page.getByRole("option").first()).toContainText("Go to");
  await expect(box).toHaveAttribute("aria-activedescendant", "palette-0");
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/acme/widgets/plans/${number}$`));

  // An action of the page: closing asks once more before it is done.
  await expect(page.locator("#action-close-plan")).toBeVisible();
  await page.keyboard.press("Control+k");
  await box.fill("close plan now");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Close plan now" })).toBeFocused();
  await page.goto("/settings/tokens");
  await page.getByRole("textbox", { name: "Name" }).fill("nightly report");
  await page.getByRole("button", { name: "Make token" }).click();
  await expect(page.locator("#new-token")).toContainText("wmk_");
  await inspect(page, "tokens");
});
