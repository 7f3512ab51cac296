// Nodes that start by themselves with a veto, and a roadmap of three hundred nodes.
import type { Page } from "@playwright/test";
import { inspect } from "../support/look.ts";
import type { Sandbox } from "../support/sandbox.ts";
import { expect, test } from "../support/test.ts";

const card = (page: Page, id: string) => page.locator(`[id="card-${id}"]`);

/** Signs in, connects `acme/widgets` and opens one of its objectives. */
async function open(page: Page, signIn: (login: string) => Promise<void>, number: number): Promise<void> {
  await signIn("writer");
  const connected = await page.evaluate(async () => {
    const asked = { method: "PUT", headers: { "content-type": "application/json" }, body: "{}" };
    return (await fetch("/api/v1/repositories/acme/widgets/connection", asked)).ok;
  });
  expect(connected).toBe(true);
  await page.goto(`/acme/widgets/objectives/${number}`);
}

test.describe("auto-start", () => {
  // Long enough for a veto, and spent on looking at the page.
  test.use({ settings: { WAYMARK_AUTOSTART_DELAY: "30" } });

  test("a start is announced, vetoed, announced again and made", async ({ page, sandbox, signIn }) => {
    test.slow();
    const [{ number }] = await sandbox.api<{ number: number }[]>("/repos/acme/widgets/issues?labels=erk-objective");
    await open(page, signIn, number);
    const auto = page.locator("#auto-start");
    await auto.getByLabel("At most at a time").fill("1");
    await auto.getByRole("button", { name: "Turn on" }).click();
    await expect(auto).toContainText("On as writer, at most 1 at a time.");
    await expect(auto.locator("time[data-until]")).toHaveText(/^\d+ s$/);
    await auto.getByRole("button", { name: "Veto 1.1" }).click();
    await expect(auto).toContainText("vetoed by writer");
    await auto.getByRole("button", { name: "Announce 1.1 again" }).click();
    await expect(page.locator("#ready")).toContainText("1 start is announced");
    await inspect(page, "auto-start");
    await expect(card(page, "1.1")).toHaveClass(/is-planning/, { timeout: 90_000 });
    await expect(auto).toContainText("Nothing is announced now.");
    await auto.getByRole("button", { name: "Pause" }).click();
    await expect(auto).toContainText("Paused.");
    await auto.getByRole("button", { name: "Turn off" }).click();
    await expect(auto).toContainText("Off: nodes wait until somebody plans them.");
  });
});

/** An objective of ten phases with thirty nodes each and six hundred dependencies; its number. */
async function large(sandbox: Sandbox): Promise<number> {
  const id = (at: number) => `${Math.floor(at / 30) + 1}.${(at % 30) + 1}`;
  const nodes = Array.from({ length: 300 }, (_, at) => {
    const before = at < 10 ? [] : [at - 1 - ((at * 7) % 10), at - 10 - ((at * 3) % Math.min(at - 9, 30))];
    const needs = [...new Set(before)].map(id);
    return `- id: '${id(at)}'\n  description: Part ${at + 1} of the work\n  status: pending\n  plan: null\n  pr: null\n  depends_on: [${needs.map((need) => `'${need}'`).join(", ")}]\n`;
  });
  const yaml = `schema_version: '3'\nnodes:\n${nodes.join("")}`;
  const key = "objective-roadmap";
  const body = `<!-- erk:metadata-block:${key} -->\n<details>\n<summary><code>${key}</code></summary>\n\n\`\`\`yaml\n${yaml}\`\`\`\n\n</details>\n<!-- /erk:metadata-block:${key} -->`;
  const issue = { title: "Objective: Three hundred parts", body, labels: ["erk-objective"] };
  return (await sandbox.send<{ number: number }>("POST", "/repos/acme/widgets/issues", issue)).number;
}

test("three hundred nodes are readable, and four of them are planned with a fault at the second", async ({ page, sandbox, signIn }) => {
  test.slow();
  const number = await large(sandbox);
  // What the runs would do is not looked at here.
  await sandbox.control("repos/acme/widgets", { variables: { CLAUDE_ENABLED: "false" } });
  await open(page, signIn, number);
  await expect(page.locator(".card")).toHaveCount(300);
  await expect(page.locator(".curve")).toHaveCount(580);
  await page.getByRole("button", { name: "Fit" }).click();
  const [picture, room] = [await page.locator(".roadmap-picture").boundingBox(), await page.locator("#roadmap").boundingBox()];
  expect(picture!.width).toBeLessThanOrEqual(room!.width + 1);
  await page.getByRole("button", { name: "100 %" }).click();
  const words = await card(page, "1.1").locator(".card-words").first().boundingBox();
  expect(words!.height, "text of a card at full size").toBeGreaterThan(9);

  // By keyboard: the space bar selects on the picture.
  const four = ["1.1", "1.2", "1.3", "1.4"];
  for (const id of four) {
    await card(page, id).focus();
    await page.keyboard.press("Space");
    await expect(card(page, id)).toHaveClass(/is-picked/);
    await expect(page.locator(`[id="pick-${id}"]`)).toBeChecked();
  }
  await page.keyboard.press("Space");
  await expect(page.locator('[id="pick-1.4"]')).not.toBeChecked();
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Plan the selected nodes" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Plan 4 nodes");
  const fault = { method: "POST", path: "/repos/acme/widgets/issues$", status: 422, when: "before", skip: 1, times: 1 };
  await sandbox.control("faults", fault);
  await page.getByRole("button", { name: "Plan 4 nodes" }).click();
  await expect(page.locator("#total")).toHaveText("3 of 4 sent", { timeout: 120_000 });
  await expect(page.locator("#item-2")).toContainText("not sent");
  await page.locator("#item-2").getByRole("button", { name: /Try again/ }).click();
  await expect(page.locator("#total")).toHaveText("4 of 4 sent", { timeout: 120_000 });
  await page.goto(`/acme/widgets/objectives/${number}`);
  for (const id of four) await expect(card(page, id)).toHaveClass(/is-planning/, { timeout: 30_000 });
});
