// Objectives are written in the browser: checked while they are typed, previewed, created once, edited, rearranged, upgraded.
import type { Page } from "@playwright/test";
import { inspect } from "../support/look.ts";
import { expect, test } from "../support/test.ts";

const outline = "### Phase 1: Groundwork\n- 1.1 Agree on the names\n- 1.2 Write them down (after 1.1)\n\n### Phase 2: Launch\n- 2.1 Tell everybody (after 1.2)\n";
const markdown = `# Objective: Names for all\n\nBecause they matter.\n\n${outline}`;

const roadmap = (page: Page) => page.getByRole("textbox", { name: "Roadmap" });

test("an objective is imported, checked while typed, previewed, created and edited", async ({ page, sandbox, signIn }) => {
  await signIn("writer");
  await page.goto("/objectives/new?repo=acme/widgets");
  await page.getByText("Fill it from a Markdown document").click();
  const file = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], "objective.md", { type: "text/markdown" }));
    return data;
  }, markdown);
  await page.getByRole("textbox", { name: "Document" }).dispatchEvent("drop", { dataTransfer: file });
  await expect(page.getByRole("textbox", { name: "Title" })).toHaveValue("Objective: Names for all");
  await expect(page.getByRole("textbox", { name: "Description" })).toHaveValue("Because they matter.");
  await expect(roadmap(page)).toHaveValue(outline);
  const check = page.locator("#outline-check");
  await expect(check).toContainText("2 phases, 3 nodes. Ready from the start: 1.1.");

  // A cycle, a repeated id and an unknown one are told with their lines while they are typed.
  await roadmap(page).fill(`${outline}- 2.1 Again (after 9.9)\n- 2.2 Round (after 2.2)\n`);
  await expect(check).toContainText("Line 7: node 2.1: the id 2.1 is there more than once");
  await expect(check).toContainText("depends on 9.9, which is not in the roadmap");
  await expect(check).toContainText("Line 8: node 2.2: 2.2 depends on itself");
  await expect(roadmap(page)).toHaveAttribute("aria-invalid", "true");
  await inspect(page, "objective-typing");
  await check.getByRole("link", { name: "Line 8" }).click();
  await page.keyboard.press("Delete");
  await expect(page.locator(".draft-state")).toHaveText("Draft saved");
  await page.reload();
  await expect(roadmap(page)).toHaveValue(/- 2\.1 Again \(after 9\.9\)/);
  await page.getByRole("button", { name: "Create objective" }).click();
  await expect(page.locator("#problems")).toContainText("Line 7");
  await roadmap(page).fill(outline);

  await page.getByRole("button", { name: "Preview" }).last().click();
  await expect(page.getByRole("heading", { name: "Preview" })).toBeFocused();
  await expect(page.locator("#preview").getByRole("img", { name: "2 phases with 3 nodes" })).toBeVisible();
  await page.locator("#preview").getByText("Comment with the description and the tables").click();
  await expect(page.locator("#preview pre").filter({ hasText: "| 2.1 | Tell everybody |" }).first()).toBeVisible();
  await inspect(page, "objective-preview");

  await page.getByRole("button", { name: "Create objective" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Objective: Names for all", { timeout: 30_000 });
  await expect(page).toHaveURL(/\/acme\/widgets\/objectives\/\d+$/, { timeout: 30_000 });
  await expect(page.locator("#checked")).toContainText("Consistent");
  const path = new URL(page.url()).pathname;

  // Two people open it; a node is split and moved by keyboard, and what would change is shown.
  const other = await page.context().newPage();
  await other.goto(`${path}/edit`);
  await page.getByRole("link", { name: "Edit objective" }).click();
  await expect(roadmap(page)).toHaveValue(outline);
  await page.getByText("Move or split a node").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "Node" }).fill("1.1");
  await page.getByRole("textbox", { name: "Split into" }).fill("Collect the names\nAgree on the names");
  await page.getByRole("button", { name: "Split the node" }).press("Enter");
  await expect(roadmap(page)).toHaveValue(/- 1\.1 Collect the names\n- 1\.3 Agree on the names \(after 1\.1\)\n- 1\.2 Write them down \(after 1\.3\)/);
  await page.getByRole("combobox", { name: "Node" }).fill("1.2");
  await page.getByRole("combobox", { name: "Phase" }).fill("2");
  await page.getByRole("button", { name: "Move into the phase" }).press("Enter");
  await expect(roadmap(page)).toHaveValue(/- 2\.1 Tell everybody \(after 2\.2\)\n- 2\.2 Write them down \(after 1\.3\)/);
  await page.getByRole("combobox", { name: "Node" }).fill("2.2");
  await page.getByRole("button", { name: "Move up" }).press("Enter");
  await expect(roadmap(page)).toHaveValue(/- 2\.2 Write them down \(after 1\.3\)\n- 2\.1 Tell everybody/);
  await page.getByRole("textbox", { name: "Description" }).fill("Because they matter a lot.");
  await page.getByRole("button", { name: "Show changes" }).last().click();
  await expect(page.getByRole("heading", { name: "What changes" })).toBeFocused();
  await expect(page.locator(".diff .added").filter({ hasText: "Collect the names" }).first()).toBeVisible();
  await inspect(page, "objective-changes");
  await page.getByRole("button", { name: "Save objective" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Objective: Names for all");
  await expect(page.locator("#nodes")).toContainText("Collect the names");
  await expect(page.locator("#checked")).toContainText("Consistent");

  // The other one is told, and chooses.
  await other.getByRole("textbox", { name: "Description" }).fill("Because of me.");
  await other.getByRole("button", { name: "Save objective" }).click();
  await expect(other.locator("#problems")).toContainText("Someone changed the objective on GitHub");
  await expect(other.locator("#theirs")).toContainText("Because they matter a lot.");
  await expect(other.getByRole("textbox", { name: "Description" })).toHaveValue("Because of me.");
  await inspect(other, "objective-conflict");
  await other.getByRole("link", { name: "Take what is on GitHub" }).click();
  await expect(other.getByRole("textbox", { name: "Description" })).toHaveValue("Because they matter a lot.");
  await page.goto("/objectives");
  await expect(page.getByRole("link", { name: "New objective" })).toBeVisible();

  // A roadmap in tables, as older objectives have it, is brought into today's form.
  const tables = "Why.\n\n### Phase 1: Thread\n\n| Step | Description | Status | PR |\n|--|--|--|--|\n| 1.1 | Spin it | pending | - |\n\nEnd.";
  const issue = { title: "Objective: Old", body: tables, labels: ["erk-objective"] };
  const { number } = await sandbox.send<{ number: number }>("POST", "/repos/acme/widgets/issues", issue);
  await expect(async () => {
    await page.goto(`/acme/widgets/objectives/${number}`);
    await page.getByRole("link", { name: "Upgrade roadmap" }).click({ timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  await expect(page.locator(".diff .removed").filter({ hasText: "| 1.1 | Spin it |" })).toBeVisible();
  await inspect(page, "objective-upgrade");
  await page.getByRole("button", { name: "Upgrade roadmap" }).click();
  await expect(page.getByRole("link", { name: "Edit objective" })).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("#checked")).toContainText("Consistent");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("an objective is written, rearranged and created", async ({ page, signIn }) => {
    await signIn("writer");
    await page.goto("/objectives/new");
    await page.getByLabel("Repository").fill("acme/widgets");
    await page.getByRole("textbox", { name: "Title" }).fill("Objective: Plain pages");
    await roadmap(page).fill(outline);
    await page.getByText("Move or split a node").click();
    await page.getByRole("combobox", { name: "Node" }).fill("1.2");
    await page.getByRole("textbox", { name: "Split into" }).fill("Write the short ones down\nWrite the long ones down");
    await page.getByRole("button", { name: "Split the node" }).click();
    await expect(roadmap(page)).toHaveValue(/- 1\.3 Write the long ones down \(after 1\.2\)\n\n### Phase 2: Launch\n- 2\.1 Tell everybody \(after 1\.3\)/);
    await page.getByRole("combobox", { name: "Node" }).fill("1.3");
    await page.getByRole("button", { name: "Move up" }).click();
    await expect(page.getByRole("status").first()).toContainText("Node 1.3 now stands before 1.2.");
    await page.getByRole("button", { name: "Create objective" }).click();
    await expect(async () => {
      await page.reload();
      await expect(page).toHaveURL(/\/acme\/widgets\/objectives\/\d+$/, { timeout: 500 });
    }).toPass({ timeout: 30_000 });
    await expect(page.locator("#nodes")).toContainText("Write the short ones down");
    await page.getByRole("link", { name: "Edit objective" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("Objective: Plainer pages");
    await page.getByRole("button", { name: "Show changes" }).last().click();
    await expect(page.locator(".diff .added").first()).toContainText("Objective: Plainer pages");
    await page.getByRole("button", { name: "Save objective" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Objective: Plainer pages");
  });

});
