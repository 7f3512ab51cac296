// The test function of this suite: a running server, its sandbox, and people who can sign in.
import { type Page, expect, test as base } from "@playwright/test";
import { Sandbox } from "./sandbox.ts";
import { Servers } from "./servers.ts";

export { expect };

interface Fixtures {
  /** Settings of the server beyond those of every test, by the names of its environment. */
  settings: Record<string, string>;
  servers: Servers;
  sandbox: Sandbox;
  signIn: (login: string, page?: Page) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  // Each test has a server, a database and a sandbox of its own, so that their order does not matter.
  settings: [{}, { option: true }],
  servers: async ({ settings }, use) => {
    const servers = await Servers.start(settings);
    await use(servers);
    await servers.stop();
  },
  sandbox: async ({ servers }, use) => use(new Sandbox(servers.sandboxUrl)),
  baseURL: async ({ servers }, use) => use(servers.url),
  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|hydrat|panicked/i.test(message.text())) faults.push(message.text());
    });
    await use(page);
    expect(faults, "errors in the browser").toEqual([]);
  },
  signIn: async ({ page }, use) => {
    await use(async (login, where = page) => {
      await where.goto("/sign-in");
      await where.getByRole("link", { name: "Sign in with GitHub" }).click();
      await where.getByRole("button", { name: new RegExp(`\\b${login}\\b`) }).click();
      await where.waitForURL((url) => !url.pathname.startsWith("/login/oauth"));
    });
  },
});

/** Fills the form of `/new` with a repository and an instruction. */
export async function fillForm(page: Page, instruction: string, repo = "acme/widgets"): Promise<void> {
  await page.goto("/new");
  await page.getByRole("combobox", { name: "Repository" }).fill(repo);
  await page.getByRole("combobox", { name: "Repository" }).press("Tab");
  await page.getByRole("textbox", { name: "Instruction" }).fill(instruction);
}

/** Waits until the plan page shows a phase, without a reload. */
export async function expectPhase(page: Page, phase: string, timeout = 90_000): Promise<void> {
  await expect(page.locator("main")).toHaveAttribute("data-phase", phase, { timeout });
}
