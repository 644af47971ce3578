import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Parser } from "@asyncapi/parser";

test("the AsyncAPI document is valid", async () => {
  const source = await readFile(new URL("../../docs/asyncapi.json", import.meta.url), "utf8");
  const { document, diagnostics } = await new Parser().parse(source);
  const mistakes = diagnostics.filter(({ severity }) => severity === 0);
  assert.deepEqual(
    mistakes.map(({ path, message }) => `${path.join("/")}: ${message}`),
    [],
  );
  assert.ok(document.messages().length > 10);
});
