// Trims GitHub's published descriptions to need.json, mechanically: what is kept is kept as published,
// with everything it refers to; only prose and examples go. Writes rest.json, webhooks.json,
// schema.graphql and LICENSE beside itself. Run `npm ci && npm run trim` here after changing need.json
// or a version in package.json.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Kind, parse, print, visit } from "graphql";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const root = (name) => join(here, "node_modules", name);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const need = read(join(here, "need.json"));

const PROSE = new Set(["description", "summary", "example", "examples", "externalDocs", "tags", "deprecated"]);

// Removes prose from a schema or operation; in `properties` every key is a name and stays.
function bare(value, names = false) {
  if (Array.isArray(value)) return value.map((v) => bare(v));
  if (value === null || typeof value !== "object") return value;
  const out = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!names && (PROSE.has(key) || key.startsWith("x-"))) continue;
    out[key] = bare(inner, !names && ["properties", "schemas", "patternProperties"].includes(key));
  }
  return out;
}

// Everything under `components` that the value refers to, directly or not.
function closure(document, value, components = {}) {
  const queue = [value];
  while (queue.length) {
    const next = queue.pop();
    if (Array.isArray(next)) queue.push(...next);
    else if (next && typeof next === "object") {
      if (typeof next.$ref === "string") {
        const [, , kind, name] = next.$ref.split("/");
        components[kind] ??= {};
        if (kind !== "examples" && !(name in components[kind])) {
          components[kind][name] = bare(document.components[kind][name]);
          queue.push(components[kind][name]);
        }
      }
      queue.push(...Object.values(next));
    }
  }
  for (const kind of Object.keys(components)) {
    components[kind] = Object.fromEntries(Object.entries(components[kind]).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return components;
}

// One line for each path or component, so that a change shows.
function write(name, document) {
  const lines = (object) => Object.entries(object).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
  const parts = Object.entries(document).map(([key, value]) => {
    if (key === "components") {
      const kinds = Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:{\n${lines(v).join(",\n")}\n}`);
      return `"components":{\n${kinds.join(",\n")}\n}`;
    }
    if (["paths", "webhooks"].includes(key)) return `${JSON.stringify(key)}:{\n${lines(value).join(",\n")}\n}`;
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  writeFileSync(join(here, name), `{\n${parts.join(",\n")}\n}\n`);
}

function rest() {
  const document = read(join(root("@octokit/openapi"), "generated", "api.github.com.json"));
  const paths = {};
  for (const entry of need.rest) {
    const [method, path] = entry.split(" ");
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (!operation) throw new Error(`not in the description: ${entry}`);
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = bare(operation);
  }
  const components = { schemas: {} };
  for (const name of need.schemas) components.schemas[name] = bare(document.components.schemas[name]);
  closure(document, [paths, components], components);
  write("rest.json", { openapi: document.openapi, info: { title: document.info.title, version: document.info.version }, paths, components });
}

function webhooks() {
  const document = read(join(root("@octokit/openapi-webhooks"), "generated", "api.github.com.json"));
  const hooks = {};
  for (const name of need.webhooks) {
    if (!document.webhooks[name]) throw new Error(`not in the description: ${name}`);
    hooks[name] = bare(document.webhooks[name]);
  }
  write("webhooks.json", { openapi: document.openapi, info: { title: document.info.title, version: document.info.version }, webhooks: hooks, components: closure(document, hooks) });
}

function graphql() {
  const document = parse(readFileSync(join(root("@octokit/graphql-schema"), "schema.graphql"), "utf8"));
  const all = new Map(document.definitions.filter((d) => d.name).map((d) => [d.name.value, d]));
  const named = (type) => (type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type));
  const kept = new Set();
  const keep = (name) => {
    const definition = all.get(name);
    if (!definition || kept.has(name)) return;
    const leaf = [Kind.SCALAR_TYPE_DEFINITION, Kind.ENUM_TYPE_DEFINITION, Kind.INPUT_OBJECT_TYPE_DEFINITION];
    if (!leaf.includes(definition.kind) && !(name in need.graphql)) {
      throw new Error(`${name} is referred to but not in need.json`);
    }
    kept.add(name);
    for (const field of definition.fields ?? []) {
      if (name in need.graphql && !need.graphql[name].includes(field.name.value)) continue;
      keep(named(field.type));
      for (const argument of field.arguments ?? []) keep(named(argument.type));
    }
  };
  for (const [name, fields] of Object.entries(need.graphql)) {
    if (!all.has(name)) throw new Error(`not in the schema: ${name}`);
    const has = new Set((all.get(name).fields ?? []).map((f) => f.name.value));
    for (const field of fields) if (!has.has(field)) throw new Error(`not in the schema: ${name}.${field}`);
    keep(name);
  }
  const trimmed = visit(
    { ...document, definitions: document.definitions.filter((d) => d.name && kept.has(d.name.value)) },
    {
      enter(node) {
        if (!node.description && !node.interfaces && !node.fields && !node.types && !node.directives) return undefined;
        const out = { ...node, description: undefined };
        if (node.directives) out.directives = [];
        if (node.interfaces) out.interfaces = node.interfaces.filter((i) => kept.has(i.name.value));
        if (node.types) out.types = node.types.filter((t) => kept.has(t.name.value));
        const fields = node.name && need.graphql[node.name.value];
        if (fields && node.fields) out.fields = node.fields.filter((f) => fields.includes(f.name.value));
        return out;
      },
    },
  );
  writeFileSync(join(here, "schema.graphql"), `${print(trimmed)}\n`);
}

rest();
webhooks();
graphql();
writeFileSync(join(here, "LICENSE"), readFileSync(join(root("@octokit/openapi"), "LICENSE"), "utf8"));
