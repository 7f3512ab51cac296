// A roadmap of three phases: its picture starts the work, and fills in as the work is done.
import type { Page } from "@playwright/test";
import { inspect } from "../support/look.ts";
import { expect, expectPhase, test } from "../support/test.ts";

/** Connects `acme/widgets` and opens the roadmap of the sandbox's objective. */
async function open(page: Page, signIn: (login: string) => Promise<void>): Promise<string> {
  await signIn("writer");
  await page.goto("/repos");
  const row = page.locator("tr, li").filter({ hasText: "acme/widgets" }).first();
  const connect = row.getByRole("button", { name: /Connect/ });
  if (await connect.isVisible()) await connect.click();
  await expect(async () => {
    await page.goto("/objectives");
    await page.getByRole("link", { name: "Objective: Widgets in every colour" }).click({ timeout: 1000 });
  }).toPass({ timeout: 30_000 });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Objective: Widgets in every colour");
  return new URL(page.url()).pathname;
}

const card = (page: Page, id: string) => page.locator(`[id="card-${id}"]`);

test("a node is planned from the picture, merged, and lights up the next ones", async ({ page, sandbox, signIn }) => {
  const path = await open(page, signIn);
  await expect(page.locator("#checked")).toContainText("Consistent");
  await card(page, "1.1").click();
  await expect(page.locator("#node-panel")).toContainText("Agree on the names of the colours");
  expect(new URL(page.url()).search).toBe("?node=1.1");
  await inspect(page, "roadmap");

  // By keyboard: along the edges, open, and back to where one was.
  await card(page, "1.1").focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator(".card:focus")).toHaveAttribute("data-needs", /1\.1/);
  await page.keyboard.press("ArrowLeft");
  await expect(card(page, "1.1")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  const next = await page.locator(".card:focus").getAttribute("data-node");
  await page.keyboard.press("Enter");
  await expect(page.locator("#node-heading")).toContainText(next!);
  await page.goBack();
  await expect(page.locator("#node-heading")).toContainText("1.1");
  const full = (await page.locator(".roadmap-picture").boundingBox())!.width;
  await page.getByRole("button", { name: "Smaller" }).click();
  expect((await page.locator(".roadmap-picture").boundingBox())!.width).toBeLessThan(full);
  await page.getByRole("button", { name: "100 %" }).click();

  await page.locator("#plan-node").click();
  await expect(page.getByRole("textbox", { name: "Instruction" })).toHaveValue(/node 1\.1 of objective/);
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expect(page.locator("main")).toHaveAttribute("data-phase", /./);
  const roadmap = await page.context().newPage();
  await roadmap.goto(path);
  let loads = 0;
  roadmap.on("load", () => loads++);
  await expect(card(roadmap, "1.1")).toHaveClass(/is-planning/, { timeout: 60_000 });
  const place = await card(roadmap, "2.2").boundingBox();
  await expectPhase(page, "complete");
  await sandbox.control("idle?wait=60");
  await page.locator("#action-merge > summary").click();
  await page.getByRole("button", { name: "Merge pull request now" }).click();
  const confirm = page.getByRole("button", { name: /^Confirm/ });
  if (await confirm.isVisible()) await confirm.click();
  await expect(card(roadmap, "1.1")).toHaveClass(/is-done/, { timeout: 60_000 });
  await expect(card(roadmap, "1.2")).toHaveClass(/is-ready/);
  await expect(card(roadmap, "2.4")).toHaveClass(/is-ready/);
  await expect(roadmap.locator("#checked")).toContainText("Consistent");
  expect(await card(roadmap, "2.2").boundingBox(), "no card has moved").toEqual(place);
  expect(loads, "page loads while watching").toBe(0);
  await roadmap.goto("/objectives");
  await expect(roadmap.getByRole("row", { name: /Widgets in every colour/ })).toContainText("1/8");
  await inspect(roadmap, "objectives");
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("the roadmap can be read and a node chosen", async ({ page, signIn }) => {
    await open(page, signIn);
    await card(page, "2.4").click();
    await expect(page.locator("#node-panel")).toContainText("Refuse colours that do not exist");
    await page.locator("#nodes").getByRole("link", { name: /Announce the colours/ }).click();
    await expect(page.locator("#node-panel")).toContainText("3.1");
    await expect(page.getByRole("link", { name: "Plan this node" })).toHaveAttribute("href", /objective=\d+&node=3\.2/);
  });
});
