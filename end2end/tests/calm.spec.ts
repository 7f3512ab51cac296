// A plan from its dispatch to its merge: one stepper, no alarm, undo where it can be done, nothing that moves once
// it is done, and no merge before it was asked.
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

interface Look {
  phase?: string;
  stages: string;
  alarms: number;
  moving: number;
}

const look = (): Look => ({
  phase: document.querySelector("main")?.dataset.phase,
  stages: [...document.querySelectorAll(".stage-name")].map((name) => name.firstChild?.textContent?.trim()).join(" · "),
  alarms: document.querySelectorAll("main .notice.problems").length,
  moving: document.getAnimations().filter((one) => one instanceof CSSAnimation && one.animationName === "pulse").length,
});

test("from dispatch to merge", async ({ page, sandbox, signIn }) => {
  test.setTimeout(180_000);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await signIn("writer");
  // The dispatch is under way until its pull request is answered for.
  await sandbox.control("faults", { method: "POST", path: "/acme/widgets/pulls$", hold: true, times: 1 });
  await fillForm(page, "Add a glossary of the words that the widgets use.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await page.waitForURL(/\/plans\/\d+$/);
  await expect(page.locator("#dispatching")).toContainText(/Dispatching \d+ of \d+/);
  const undo = page.getByText("Undo dispatch");
  await expect(undo).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel run" })).toHaveCount(0);

  const seen: Look[] = [await page.evaluate(look)];
  await sandbox.control("release", {});
  await expect(async () => {
    seen.push(await page.evaluate(look));
    expect(seen.at(-1)!.phase).toBe("complete");
  }).toPass({ timeout: 100_000, intervals: [50] });
  expect([...new Set(seen.map((one) => one.stages))]).toEqual([
    "Queued · Planning · Implementing · Ready for review · Merged",
  ]);
  expect(seen.filter((one) => one.alarms > 0)).toEqual([]);
  expect(seen.some((one) => one.moving > 0), "what works moves").toBe(true);
  await expect.poll(async () => (await page.evaluate(look)).moving, { message: "what is done rests" }).toBe(0);
  await expect(page.locator(".stage.done")).toHaveCount(3);

  // A dispatch whose work is done is undone from a place that one looks for.
  await expect(undo).toBeHidden();
  await page.locator("#attempts").getByText("More", { exact: true }).click();
  await expect(undo).toBeVisible();

  // The palette unfolds the question; it does not merge.
  const pulls = () => sandbox.api<{ merged_at: string | null }[]>("/repos/acme/widgets/pulls?state=all");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Search pages/ }).fill("merg");
  await expect(page.getByRole("option").first()).toContainText("Merge pull request");
  await page.keyboard.press("Enter");
  await expect(page.locator("#action-merge")).toHaveAttribute("open");
  await expect(page.locator("#action-merge .confirm-body")).toContainText(/Merges #\d+, branch P\d+-\S+, into main\..*cannot be taken back/);
  expect((await pulls()).map((pull) => pull.merged_at)).toEqual([null]);
  const merges = async () => (await sandbox.journal()).filter((entry) => entry.path.endsWith("/merge")).length;
  expect(await merges()).toBe(0);
  await page.getByRole("button", { name: "Merge pull request now" }).click();
  await expectPhase(page, "merged");
  expect(await merges()).toBe(1);
  await expect(undo).toHaveCount(0);
  expect((await page.evaluate(look)).moving).toBe(0);
});
