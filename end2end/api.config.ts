import { defineConfig } from "@playwright/test";
import browser from "./playwright.config.ts";

// What `scripts/schemathesis` runs, apart from the browser tests.
export default defineConfig(browser, { testDir: "api", timeout: 1_200_000 });
