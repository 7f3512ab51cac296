// A page in every width and theme: no violation that axe can find, nothing wider than the screen, and a picture of each.
import AxeBuilder from "@axe-core/playwright";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Page, expect } from "@playwright/test";

const shots = join(import.meta.dirname, "../results/screenshots");
mkdirSync(shots, { recursive: true });

const looks = [
  { name: "1280-light", width: 1280, height: 900, scheme: "light" },
  { name: "1280-dark", width: 1280, height: 900, scheme: "dark" },
  { name: "360-light", width: 360, height: 780, scheme: "light" },
  { name: "360-dark", width: 360, height: 780, scheme: "dark" },
] as const;

/** Checks the page as it stands, and leaves it wide and light. */
export async function inspect(page: Page, name: string): Promise<void> {
  for (const look of looks) {
    await page.setViewportSize(look);
    await page.emulateMedia({ colorScheme: look.scheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(shots, `${name}-${look.name}.png`), fullPage: true });
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(" ")}`), `${name} ${look.name}`).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${name} ${look.name} is wider than the screen`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize(looks[0]);
  await page.emulateMedia({ colorScheme: looks[0].scheme, reducedMotion: "reduce" });
}
