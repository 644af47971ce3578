// What a browser needs for its tests: the page, a network that can be cut, and the browser.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { CHROMIUM } from "../../../../tests/page/chromium.js";

const HTML = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Test</title><ol></ol><script type="module" src="page.js"></script>`;

/** A folder with a page whose script is `source`, which may have JSX in it; `remove` removes it. */
export async function buildSite(source) {
  const folder = await mkdtemp(path.join(tmpdir(), "natter-site-"));
  await writeFile(path.join(folder, "index.html"), HTML);
  await build({
    entryPoints: [source],
    bundle: true,
    // With it React is built for production, which a busy machine notices.
    minify: true,
    loader: { ".js": "jsx" },
    jsx: "automatic",
    format: "esm",
    target: "es2022",
    outfile: path.join(folder, "page.js"),
  });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The system's Chromium. */
export const openBrowser = () => chromium.launch(CHROMIUM);

/** A network between the browser and the server at `target`: it can lose its connections, or fall silent. */
export async function openNetwork(target) {
  const pairs = new Set();
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), "127.0.0.1");
    const pair = [near, far];
    pairs.add(pair);
    near.once("data", (head) => (pair.isWebSocket = /upgrade: websocket/i.test(head)));
    for (const [from, to] of [pair, pair.toReversed()]) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Ends all connections without a word. */
    cut: () => [...pairs].forEach(([near]) => near.resetAndDestroy()),
    /** Drops everything on the open WebSockets, without closing them. */
    fallSilent() {
      for (const pair of pairs) {
        if (!pair.isWebSocket) continue;
        const [near, far] = pair;
        near.unpipe(far);
        far.unpipe(near);
      }
    },
    close() {
      server.close();
      this.cut();
    },
  };
}
