// Hostile titles in a browser: no dialog, no way to another site, no form that is not ours.
import { expect, test } from "../support/test.ts";

const titles = [
  "</title><img src=x onerror=alert(1)>",
  "</title><script>alert(1)</script>",
  "</title><meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
  "</title><meta http-equiv=refresh content='0;url=https://evil.example/?",
  "</title><base href=https://evil.example/>",
  "</title><form method=post action=/do/act><button>Session expired. Continue</button></form>",
  "\"><svg onload=alert(1)>",
];

test("a title neither runs nor leads elsewhere", async ({ page, sandbox, servers, signIn }) => {
  const numbers: number[] = [];
  for (const title of titles) numbers.push(await sandbox.plan(title, `# ${title}\n\n${title}`));
  await signIn("writer");
  await page.goto("/acme/widgets/settings");
  await page.getByRole("button", { name: "Connect repository" }).click();
  const elsewhere: string[] = [];
  page.on("dialog", (dialog) => {
    elsewhere.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    // People's pictures are GitHub's, which is the sandbox here.
    const ours = [servers.url, `${servers.sandboxUrl}/avatars/`, "data:"];
    if (!ours.some((start) => request.url().startsWith(start))) elsewhere.push(request.url());
  });
  for (const [at, number] of numbers.entries()) {
    const address = `/acme/widgets/plans/${number}`;
    // The repository is still being read at first.
    await expect(async () => {
      await page.goto(address);
      await expect(page).toHaveTitle(`${titles[at]} #${number} · Waymark`, { timeout: 1_000 });
    }).toPass({ timeout: 30_000 });
    await expect(page.locator("h1")).toContainText(titles[at]);
    await expect(page.getByRole("button", { name: "Session expired" })).toHaveCount(0);
    expect(new URL(page.url()).pathname).toBe(address);
  }
  await page.goto("/");
  await expect(page.locator("main")).toContainText(titles[0]);
  expect(elsewhere).toEqual([]);
});
