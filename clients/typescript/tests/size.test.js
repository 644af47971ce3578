import assert from "node:assert/strict";
import { it } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

it("the core is at most 6 KB, minified and compressed, and needs nothing else", async () => {
  const { outputFiles } = await build({
    entryPoints: ["@natter/client"],
    absWorkingDir: import.meta.dirname,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const [{ contents, text }] = outputFiles;

  assert.doesNotMatch(text, /\bimport\b|\brequire\b/);
  // 0.9 KB of it is for tools: replays whose calls end in any order, stored calls, answers and what follows them. 0.35 KB is that
  // queue, retries, heartbeat and pending requests are objects of their own instead of one closure.
  const size = gzipSync(contents, { level: 9 }).length;
  assert.ok(size <= 6144, `it is ${size} bytes`);
});
