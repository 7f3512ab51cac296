// Made-up requests to every operation of the API: no server error, no answer that is not described.
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { expect, expectPhase, fillForm, test } from "../support/test.ts";

test("the API answers as it is described", async ({ page, servers, signIn }) => {
  await signIn("writer");
  await fillForm(page, "Add a page about the colours.");
  await page.getByRole("button", { name: "Dispatch" }).click();
  await expectPhase(page, "complete");
  await page.goto("/settings/tokens");
  await page.getByRole("textbox", { name: "Name" }).fill("made-up requests");
  await page.getByLabel("May").selectOption("write");
  await page.getByRole("button", { name: "Make token" }).click();
  const token = await page.locator("#new-token code.secret").innerText();

  const run = spawn(
    process.env.SCHEMATHESIS!,
    [
      "run", `${servers.url}/api/v1/openapi.json`,
      "--url", `${servers.url}/api/v1`,
      "--header", `Authorization: Bearer ${token}`,
      "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
      "--phases", "coverage,fuzzing",
      "--warnings", "off",
      "--generation-deterministic",
    ],
    { cwd: tmpdir(), stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, TERM: "dumb", NO_COLOR: "1" } },
  );
  expect(await new Promise((done) => run.once("exit", done))).toBe(0);
});
