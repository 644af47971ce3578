import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../../tests/stock_transport/local-stack.js";
import { numberedWords, script } from "../../../../tests/stock_transport/scripted-model.js";
import { buildSite, openBrowser, openNetwork } from "./site.js";

describe("in Chromium", () => {
  let site, stack, browser;
  before(async () => {
    site = await buildSite(path.join(import.meta.dirname, "page.js"));
    stack = await startLocalStack({ site: site.folder });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
    await site?.remove();
  });

  /** A page in a conversation with an open connection, over a separate network. */
  const openPage = async (t, id = newId()) => {
    const network = await openNetwork(stack.url);
    const context = await browser.newContext();
    t.after(async () => {
      await context.close();
      network.close();
    });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${network.url}/#${id}`);
    await page.waitForSelector("body[data-ready]", { state: "attached" });
    return { page, context, network, errors };
  };
  const send = (page, text) => page.evaluate((text) => window.chat.send(text), text);
  const states = (page) => page.evaluate(() => window.chat.states);
  const words = (page, count) =>
    page.waitForFunction((count) => document.querySelector("li:last-child")?.textContent.split(" ").length > count, count);
  const assertWhole = async ({ page, errors }, count) => {
    await page.waitForSelector("li:last-child[data-ending=stop]");
    assert.equal(await page.textContent("li:last-child"), numberedWords(count));
    assert.deepEqual(errors, []);
  };

  it("a reply goes on where it was when the connection is lost", async (t) => {
    const opened = await openPage(t);
    await send(opened.page, script({ tokens: 150, rate: 30 }));

    await words(opened.page, 10);
    opened.network.cut();

    await assertWhole(opened, 150);
    assert.deepEqual(await states(opened.page), ["connecting", "open", "reconnecting: lost", "open"]);
  });

  it("a connection that has silently died is found out when the network changes", async (t) => {
    const opened = await openPage(t);
    await send(opened.page, script({ tokens: 150, rate: 30 }));

    await words(opened.page, 10);
    opened.network.fallSilent();
    await opened.page.evaluate(() => dispatchEvent(new Event("online")));

    await assertWhole(opened, 150);
    assert.deepEqual(await states(opened.page), ["connecting", "open", "reconnecting: silent", "open"]);
  });

  it("a page that goes offline says so, and goes on as soon as it is back", async (t) => {
    const opened = await openPage(t);
    const { page, context, network } = opened;
    await send(page, script({ tokens: 150, rate: 30 }));
    await words(page, 10);

    await context.setOffline(true);
    network.cut();
    await page.waitForFunction(() => window.chat.status() === "offline");
    await context.setOffline(false);

    await assertWhole(opened, 150);
    assert.equal((await states(page)).at(-1), "open");
  });

  it("a page that is reloaded in mid-reply shows all of it", async (t) => {
    const opened = await openPage(t);
    await send(opened.page, script({ tokens: 150, rate: 30 }));
    await words(opened.page, 10);

    await opened.page.reload();

    await assertWhole(opened, 150);
  });

  it("a token that is refused is said to be", async (t) => {
    const opened = await openPage(t);
    await opened.page.route("**/token*", (route) => route.fulfill({ json: { token: "not.a.token" } }));

    opened.network.cut();
    await opened.page.waitForFunction(() => window.chat.states.includes("reconnecting: refused"));
    await opened.page.unroute("**/token*");

    await opened.page.waitForFunction(() => window.chat.status() === "open");
  });

  it("two pages show the same reply", async (t) => {
    const id = newId();
    const first = await openPage(t, id);
    await send(first.page, script({ tokens: 150, rate: 30 }));
    await words(first.page, 10);

    const second = await openPage(t, id);

    await assertWhole(first, 150);
    await assertWhole(second, 150);
  });
});
