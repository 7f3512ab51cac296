// Hostile text in a browser: nothing of it runs, nothing leads to another site, no form is not ours.
import { type Page, expect, test } from "../support/test.ts";

const texts = [
  "</title><img src=x onerror=alert(1)>",
  "</title><script>alert(1)</script>",
  "</title><meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
  "</title><meta http-equiv=refresh content='0;url=https://evil.example/?",
  "</title><base href=https://evil.example/>",
  "</title><form method=post action=/do/act><button>Session expired. Continue</button></form>",
  "\"><svg onload=alert(1)>",
  "</textarea><script>alert(1)</script>",
  "' autofocus onfocus=alert(1) x='",
];

/** What a page did that it may not do: dialogs, requests and ways to other sites, errors and refused scripts. */
function watch(page: Page, ours: string[]): string[] {
  const found: string[] = [];
  const elsewhere = (url: string) => !ours.some((start) => url.startsWith(start));
  page.on("dialog", (dialog) => {
    found.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (elsewhere(request.url())) found.push(`request: ${request.url()}`);
  });
  page.on("framenavigated", (frame) => {
    if (elsewhere(frame.url())) found.push(`way: ${frame.url()}`);
  });
  page.on("popup", (popup) => found.push(`window: ${popup.url()}`));
  page.on("pageerror", (error) => found.push(`error: ${String(error)}`));
  page.on("console", (message) => {
    // A page that is not there is told by its status, which Chromium calls an error.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) found.push(`console: ${message.text()}`);
  });
  return found;
}

/** An objective of acme/widgets with this text in its title, description and nodes; answers its number. */
async function objective(sandbox: { send<T>(method: string, path: string, body?: unknown): Promise<T> }, text: string): Promise<number> {
  const quoted = JSON.stringify(text);
  const roadmap = `schema_version: "3"\nnodes:\n- id: "1.1"\n  description: ${quoted}\n  status: pending\n  plan: null\n  pr: null\n  depends_on: []\n`;
  const block = `<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary><code>objective-roadmap</code></summary>\n\n\`\`\`yaml\n${roadmap}\`\`\`\n\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->`;
  const issue = { title: text, body: `${text}\n\n${block}`, labels: ["erk-objective"] };
  return (await sandbox.send<{ number: number }>("POST", "/repos/acme/widgets/issues", issue)).number;
}

test("hostile text neither runs nor leads elsewhere", async ({ page, sandbox, servers, signIn }) => {
  const plans: number[] = [];
  for (const text of texts) plans.push(await sandbox.plan(text, `# ${text}\n\n${text}\n\n1. ${text}`));
  const objectives: number[] = [];
  for (const text of texts) objectives.push(await objective(sandbox, text));
  await signIn("writer");
  await page.goto("/acme/widgets/settings");
  await page.getByRole("button", { name: "Connect repository" }).click();

  // People's pictures are GitHub's, which is the sandbox here.
  const found = watch(page, [servers.url, `${servers.sandboxUrl}/avatars/`, "data:", "about:blank"]);
  const stands = async (address: string) => {
    await expect(page.locator("main")).toBeVisible();
    // Everything that a page loads or runs by itself has done so before it is drawn twice.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await expect(page.getByRole("button", { name: "Session expired" })).toHaveCount(0);
    expect(new URL(page.url()).pathname).toBe(new URL(address, servers.url).pathname);
    expect(found, address).toEqual([]);
  };
  const last = plans.length - 1;
  // The repository is still being read at first.
  await expect(async () => {
    await page.goto(`/acme/widgets/plans/${plans[last]}`);
    await expect(page).toHaveTitle(`${texts[last]} #${plans[last]} · Waymark`, { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  found.length = 0;

  for (const [at, text] of texts.entries()) {
    const address = `/acme/widgets/plans/${plans[at]}`;
    await page.goto(address);
    await expect(page).toHaveTitle(`${text} #${plans[at]} · Waymark`);
    await expect(page.locator("h1")).toContainText(text);
    await stands(address);
    const map = `/acme/widgets/objectives/${objectives[at]}`;
    await page.goto(`${map}?node=1.1`);
    await expect(page.locator("h1")).toContainText(text);
    await stands(map);
    const query = encodeURIComponent(text);
    for (const [form, field] of [
      [`/new?repo=acme/widgets&base=${query}&instruction=${query}&model=${query}`, "Instruction"],
      [`/go?to=${query}`, undefined],
      [`/?q=${query}`, undefined],
    ] as const) {
      await page.goto(form);
      if (field) await expect(page.getByRole("textbox", { name: field })).toHaveValue(text);
      await stands(form);
    }
  }

  for (const address of ["/", "/objectives", "/runs", "/repos", `/acme/widgets/objectives/${objectives[0]}/edit`, `/submit?plan=acme/widgets/${plans[0]}`]) {
    await page.goto(address);
    await stands(address);
  }
  await page.goto("/");
  await expect(page.locator("main")).toContainText(texts[0]);

  // What scripts put onto a page: the palette, the boxes that complete, the next page, and a page that comes live.
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Search pages/ }).fill("</title>");
  await expect(page.getByRole("dialog", { name: "Go to" })).toContainText(texts[0]);
  await page.keyboard.press("Escape");
  await page.locator("main").getByRole("link", { name: texts[1] }).first().click();
  await expect(page.locator("h1")).toContainText(texts[1]);
  const issue = `/repos/acme/widgets/issues/${plans[1]}`;
  await sandbox.send("PATCH", issue, { title: `${texts[2]} again` });
  await expect(page.locator("h1")).toContainText(`${texts[2]} again`);
  await stands(`/acme/widgets/plans/${plans[1]}`);
});

test("a dispatch shows a hostile instruction as it is", async ({ page, sandbox, servers, signIn }) => {
  await signIn("writer");
  const found = watch(page, [servers.url, `${servers.sandboxUrl}/avatars/`, "data:", "about:blank"]);
  await sandbox.control("faults", { method: "POST", path: "/issues$", status: 403, times: 10, body: { message: texts[0] } });
  const instruction = texts.join("\n\n");
  await page.goto("/new");
  await page.getByRole("combobox", { name: "Repository" }).fill("acme/widgets");
  await page.getByRole("combobox", { name: "Repository" }).press("Tab");
  await page.getByRole("textbox", { name: "Instruction" }).fill(instruction);
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("heading", { name: "Preview" })).toBeVisible();
  await page.getByRole("button", { name: "Dispatch", exact: true }).click();
  await page.waitForURL(/\/dispatches\//);
  await expect(page.locator("main")).toHaveAttribute("data-phase", "stopped");
  await expect(page.locator("main")).toContainText(texts[0]);
  await expect(page.getByRole("button", { name: "Session expired" })).toHaveCount(0);
  expect(found).toEqual([]);
});
