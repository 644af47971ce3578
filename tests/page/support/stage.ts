// The page's own Markdown, alone in a real browser: so a test can show texts as fast as it likes, and see each state.
import type { Page } from "@playwright/test";
import { build } from "../../../clients/web/node_modules/vite/dist/node/index.js";
import { expect } from "./test.ts";

const PAGE = new URL("../../../clients/web/", import.meta.url).pathname;

const SOURCE = `
  import { createElement } from "react";
  import { createRoot } from "react-dom/client";
  import { Markdown } from "/src/markdown/markdown";
  let root, place;
  globalThis.stage = {
    clear() {
      root?.unmount();
      place?.remove();
      place = document.body.appendChild(document.createElement("div"));
      root = createRoot(place);
    },
    show: (text, growing) => root.render(createElement(Markdown, { text, growing })),
    get html() { return place.querySelector(".markdown").innerHTML; },
    get element() { return place.querySelector(".markdown"); },
  };
`;

/** What a test has on the page. */
export type Stage = {
  /** Starts again, with nothing shown. */
  clear(): void;
  show(text: string, growing: boolean): void;
  readonly html: string;
  readonly element: HTMLElement;
};

let built: Promise<string> | undefined;

/** Puts the stage on `page`. It has the page’s policy, and what is loaded on demand is loaded. */
export async function openStage(page: Page) {
  built ??= buildStage();
  const source = await built;
  await page.evaluate(source);
  await page.evaluate(() => {
    stage.clear();
    stage.show("$x$\n\n```js\nlet a;\n```\n\n```rust\nlet a;\n```\n\n```python\nNone\n```\n", false);
  });
  await expect(page.locator("[data-drawn]")).toHaveCount(1);
  await expect(page.locator(".hljs-keyword, .hljs-literal")).toHaveCount(3);
  await page.evaluate(() => stage.clear());
}

async function buildStage(): Promise<string> {
  const id = "\0stage";
  const outcome = await build({
    root: PAGE,
    logLevel: "silent",
    plugins: [
      {
        name: "stage",
        resolveId: (name: string) => (name === "stage" ? id : undefined),
        load: (name: string) => (name === id ? SOURCE : undefined),
      },
    ],
    build: {
      write: false,
      minify: false,
      cssCodeSplit: false,
      rolldownOptions: { input: "stage", output: { format: "iife", codeSplitting: false } },
    },
  });
  const [{ output }] = (Array.isArray(outcome) ? outcome : [outcome]) as unknown as [{ output: { type: string; code?: string }[] }];
  return output.find(({ type }) => type === "chunk")?.code ?? "";
}

declare global {
  var stage: Stage;
}
