import { defineConfig } from "@playwright/test";
import browser from "./playwright.config.ts";

// What the README promises, from a fresh clone; it builds, so it runs before the other browser tests and alone.
export default defineConfig(browser, { testDir: "readme", workers: 1, timeout: 1_800_000 });
