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

const READMES = [path.join(PACKAGE, "../../README.md"), path.join(PACKAGE, "README.md")];

/** The scripts of a README in one of these languages. */
async function scriptsIn(readme, languages) {
  const text = await readFile(readme, "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].flatMap(([, language, script]) => (languages.includes(language) ? [script] : []));
}

/** The only script that runs as it is and contains `words`. */
async function scriptIn(readme, words) {
  const scripts = (await scriptsIn(readme, ["js"])).filter((script) => script.includes(words));
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

  for (const readme of READMES) {
    it(`imports what it uses, in ${path.relative(path.join(PACKAGE, "../.."), readme)}`, async () => {
      for (const script of await scriptsIn(readme, ["ts", "tsx"])) {
        const used = [...script.matchAll(/\bnew ([A-Z]\w+)|\b((?:use|last|create)[A-Z]\w+)\(/g)].map(([, made, called]) => made ?? called);
        const imported = [...script.matchAll(/^import \{(.*)\} from/gm)].flatMap(([, names]) =>
          names.split(",").map((name) => name.trim()),
        );
        assert.deepEqual(
          used.filter((name) => !(name in globalThis) && !imported.includes(name)),
          [],
        );
      }
    });
  }

  it("talks to the server over a plain WebSocket", async () => {
    const script = await scriptIn(READMES[0], "new WebSocket(");
    assert.match(await run(script.replaceAll("127.0.0.1:8787", new URL(stack.url).host)), /\S+ \S+/);
  });

  it("talks to the server with the package", async () => {
    const script = await scriptIn(READMES[1], "createClient");
    assert.match(await run(script.replaceAll("127.0.0.1:8787", new URL(stack.url).host)), /\S+ \S+/);
  });
});
