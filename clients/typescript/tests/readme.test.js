import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { promisify } from "node:util";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";

const PACKAGE = path.resolve(import.meta.dirname, "..");
// Node has a WebSocket of its own from version 22 on.
const PREPARATION = `import { WebSocket } from "ws"; globalThis.WebSocket ??= WebSocket;\n`;

/** The only script of a README that contains `words`. */
async function scriptIn(readme, words) {
  const text = await readFile(readme, "utf8");
  const scripts = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, script]) => script).filter((script) => script.includes(words));
  assert.equal(scripts.length, 1);
  return scripts[0];
}

describe("a script of the README", () => {
  let stack, folder;
  before(async () => {
    stack = await startLocalStack();
    folder = await mkdtemp(path.join(PACKAGE, "tests/readme-"));
  });
  after(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What `script` prints that talks to this stack instead. */
  const run = async (script) => {
    const file = path.join(folder, "script.mjs");
    await writeFile(file, PREPARATION + script);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 });
    return stdout;
  };

  it("talks to the server over a plain WebSocket", async () => {
    const script = await scriptIn(path.join(PACKAGE, "../../README.md"), "new WebSocket(");
    assert.match(await run(script.replaceAll("127.0.0.1:8787", new URL(stack.url).host)), /\S+ \S+/);
  });

  it("talks to the server with the package", async () => {
    const script = await scriptIn(path.join(PACKAGE, "README.md"), "createClient");
    assert.match(await run(script.replaceAll("127.0.0.1:8787", new URL(stack.url).host)), /\S+ \S+/);
  });
});
