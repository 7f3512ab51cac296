// The first page loads at most 100 KB of WebAssembly and JavaScript after brotli.
import { expect, test } from "../support/test.ts";

test("the first page is light", async ({ page, servers }) => {
  const parts = new Map<string, number>();
  page.on("response", (answer) => {
    const kind = answer.headers()["content-type"] ?? "";
    if (answer.url().startsWith(servers.url) && /javascript|wasm/.test(kind)) parts.set(new URL(answer.url()).pathname, 0);
  });
  await page.goto("/");
  await page.waitForLoadState("networkidle");
  for (const path of parts.keys()) {
    const answer = await fetch(`${servers.url}${path}`, { headers: { "accept-encoding": "br" } });
    expect(answer.headers.get("content-encoding"), path).toBe("br");
    // fetch decodes the body; the length on the wire is in the header.
    parts.set(path, Number(answer.headers.get("content-length")));
  }
  const total = [...parts.values()].reduce((sum, bytes) => sum + bytes, 0);
  expect(parts.size).toBeGreaterThan(0);
  expect([...parts.values()].every((bytes) => bytes > 0), JSON.stringify([...parts])).toBe(true);
  expect(total, JSON.stringify([...parts])).toBeLessThanOrEqual(100 * 1024);
});
