import { defineConfig } from "@playwright/test";
import { CHROMIUM } from "./chromium.js";

export default defineConfig({
  testMatch: "*.spec.ts",
  outputDir: "../../target/page/failures",
  reporter: [["list"]],
  // Each worker has its own local stack and browser; more of them only wait for each other on a small machine.
  workers: 2,
  fullyParallel: true,
  timeout: 60_000,
  // A busy machine's browser may be late once. What passes only then is listed as flaky.
  retries: process.env.CI ? 1 : 0,
  expect: { timeout: 30_000 },
  use: {
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    actionTimeout: 10_000,
    launchOptions: CHROMIUM,
  },
});
