// The flow the product exists for: from an instruction to a merged pull request, in one page.
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

interface Issue {
  number: number;
  title: string;
  body: string;
  state: string;
  pull_request?: unknown;
  labels: { name: string }[];
}

test("a writer dispatches an instruction and merges the result", async ({ page, sandbox, signIn }) => {
  const repo = "/repos/acme/widgets";
  const before = {
    issues: await sandbox.api<Issue[]>(`${repo}/issues?state=all&per_page=100`),
    branches: await sandbox.api<{ name: string }[]>(`${repo}/branches?per_page=100`),
  };
  await signIn("writer");
  await fillForm(page, "Add a short contributing guide that explains how to run the checks.");
  await page.getByRole("button", { name: "Dispatch" }).click();

  let loads = 0;
  page.on("load", () => loads++);
  const seen = new Set<string>();
  await expect(async () => {
    const phase = await page.locator("main").getAttribute("data-phase");
    if (phase) seen.add(phase);
    expect(phase).toBe("complete");
  }).toPass({ timeout: 100_000, intervals: [50] });
  expect([...seen]).toContain("planning");
  expect([...seen]).toContain("implementing");
  await expect(page.getByRole("list", { name: "Lifecycle" }).locator("[aria-current=step]")).toContainText("Ready for review");

  await page.locator("#action-merge > summary").click();
  await page.getByRole("button", { name: "Merge pull request now" }).click();
  const confirm = page.getByRole("button", { name: /^Confirm/ });
  if (await confirm.isVisible()) await confirm.click();
  await expectPhase(page, "merged");
  expect(loads, "page loads after the dispatch").toBeLessThanOrEqual(1);

  // What is true is asked of GitHub, not of Waymark.
  const known = new Set(before.issues.map((issue) => issue.number));
  const made = (await sandbox.api<Issue[]>(`${repo}/issues?state=all&per_page=100`)).filter((i) => !known.has(i.number));
  const issues = made.filter((issue) => !issue.pull_request);
  expect(issues).toHaveLength(1);
  expect(made.filter((issue) => issue.pull_request)).toHaveLength(1);
  const [issue] = issues;
  expect(issue.state).toBe("closed");
  expect(issue.labels.map((label) => label.name)).toContain("erk-plan");
  expect(issue.body).toContain("<!-- erk:metadata-block:plan-header -->");

  const pr = (await sandbox.api<{ number: number; merged_at: string; draft: boolean; title: string; body: string; head: { ref: string } }[]>(
    `${repo}/pulls?state=all`,
  )).find((pull) => pull.head.ref.startsWith(`P${issue.number}-`))!;
  expect(pr.merged_at).toBeTruthy();
  expect(pr.draft).toBe(false);
  expect(pr.title).not.toContain("[WIP]");

  const journal = await sandbox.journal();
  const created = journal.filter((entry) => entry.method === "POST" && entry.path === `${repo}/pulls`);
  expect(created).toHaveLength(1);
  const first = JSON.parse(created[0].body!);
  expect(first.draft).toBe(true);
  expect(first.body.match(new RegExp(`Closes #${issue.number}\\b`, "g"))).toHaveLength(1);
  expect(first.title).toMatch(/^\[WIP\] /);

  const runs = await sandbox.api<{ workflow_runs: { name: string; event: string; conclusion: string }[] }>(
    `${repo}/actions/runs?event=workflow_dispatch`,
  );
  expect(runs.workflow_runs).toHaveLength(1);
  expect(runs.workflow_runs[0].conclusion).toBe("success");

  const comments = (await sandbox.api<{ body: string }[]>(`${repo}/issues/${issue.number}/comments`)).map((c) => c.body);
  const having = (text: string) => comments.filter((body) => body.includes(text)).length;
  expect(having("erk:metadata-block:plan-body")).toBe(1);
  expect(having("erk:metadata-block:submission-queued")).toBe(1);
  expect(having("erk:metadata-block:workflow-started")).toBe(1);
  expect(having("erk:metadata-block:erk-implementation-status")).toBe(1);

  const branches = (await sandbox.api<{ name: string }[]>(`${repo}/branches?per_page=100`)).map((b) => b.name);
  expect(branches.filter((name) => !before.branches.some((old) => old.name === name))).toEqual([pr.head.ref]);
});
