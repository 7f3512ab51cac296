// Puts a brotli copy beside every text and WebAssembly file of a folder, where the copy is missing or older.
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const kinds = new Set([".js", ".css", ".wasm", ".svg", ".html", ".txt", ".json"]);

for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !kinds.has(extname(path))) continue;
  const { mtime } = statSync(path);
  const copy = `${path}.br`;
  if (statSync(copy, { throwIfNoEntry: false })?.mtimeMs === mtime.getTime()) continue;
  const text = readFileSync(path);
  writeFileSync(copy, brotliCompressSync(text, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length },
  }));
  utimesSync(copy, mtime, mtime);
}
