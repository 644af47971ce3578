// assistant-ui as it is published, over the AI SDK's own transport, in Chromium.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { buildSite, openBrowser } from "../../clients/typescript/tests/browser/site.js";
import { startLocalStack } from "../stock_transport/local-stack.js";
import { numberedWords, script } from "../stock_transport/scripted-model.js";
import { startTools } from "../stock_transport/tools.js";
import { within } from "../stock_transport/waiting.js";

/** What the model does: in its first step these calls, and in its second it says `Done.` */
const calling = (...calls) => script({ steps: [{ calls: calls.map(([name, n]) => ({ name, arguments: { n } })) }, { text: "Done." }] });

describe("assistant-ui", { concurrency: true }, () => {
  let site, tools, stack, browser;
  before(async () => {
    site = await buildSite(path.join(import.meta.dirname, "page.js"));
    tools = await startTools();
    stack = await startLocalStack({ site: site.folder, variables: tools.variables });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
    await tools?.stop();
    await site?.remove();
  });

  /** A new page: `ask` sends a message, `call` is what is shown of a call, and `shown` what it shows. */
  const open = async (t) => {
    const context = await browser.newContext();
    context.setDefaultTimeout(60_000);
    t.after(() => context.close());
    const page = await context.newPage();
    const [errors, sent] = [[], []];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const frame = JSON.parse(payload);
        if (frame.type === "send") sent.push(frame);
      }),
    );
    await page.goto(stack.url);
    const ask = async (text) => {
      await page.getByLabel("Message").fill(text);
      await page.getByRole("button", { name: "Send" }).click();
    };
    const shows = (text) => page.getByText(text, { exact: true }).waitFor();
    const call = (tool) => page.getByRole("region", { name: tool });
    const shown = async (tool) => JSON.parse(await call(tool).locator("code").textContent());
    /** Nothing more is sent: what would be is, before another message. */
    const assertSent = async (count) => {
      await ask(script({ text: "Still here." }));
      await shows("Still here.");
      assert.deepEqual([sent.length, errors], [count + 1, []]);
    };
    return { page, ask, shows, call, shown, assertSent };
  };

  it("shows the replies of a conversation", async (t) => {
    const { ask, shows, assertSent } = await open(t);

    await ask(script({ tokens: 50, rate: 100 }));
    await shows(numberedWords(50));
    const next = script({ text: "The next one." });
    await ask(next);
    await shows("The next one.");

    const { messages } = await stack.modelCall(next);
    assert.equal(messages.at(-2).content, numberedWords(50));
    await assertSent(2);
  });

  it("shows a call of the server with its outcome, and sends nothing for it", async (t) => {
    const { ask, shows, shown, assertSent } = await open(t);

    await ask(calling(["lookup", "1"]));
    await shows("Done.");

    assert.deepEqual(await shown("lookup"), { args: { n: "1" }, result: { tool: "lookup", n: "1" } });
    await assertSent(1);
  });

  it("asks for an approval, and the call is made once", async (t) => {
    const { ask, shows, call, shown, assertSent } = await open(t);
    await ask(calling(["pay", "allowed"]));

    await call("pay").getByRole("button", { name: "Allow" }).click();
    await shows("Done.");

    assert.deepEqual(await shown("pay"), { args: { n: "allowed" }, result: { tool: "pay", n: "allowed" }, approved: true });
    assert.equal(tools.called("pay").filter((n) => n === "allowed").length, 1);
    await assertSent(2);
  });

  it("declines a call with a reason, which the model is told", async (t) => {
    const { ask, shows, call, assertSent } = await open(t);
    const text = calling(["pay", "declined"]);
    await ask(text);

    await call("pay").getByRole("button", { name: "Decline" }).click();
    await shows("Done.");

    assert.equal(tools.called("pay").includes("declined"), false);
    assert.match(JSON.stringify((await stack.modelCall(text)).messages), /Too much for today\./);
    await assertSent(2);
  });

  it("executes a tool of the page, and the model is told its outcome", async (t) => {
    const { ask, shows, shown, assertSent } = await open(t);
    const text = calling(["locate", "here"]);

    await ask(text);
    await shows("Done.");

    assert.deepEqual(await shown("locate"), { args: { n: "here" }, result: { city: "Graz", n: "here" } });
    assert.match(JSON.stringify((await stack.modelCall(text)).messages), /Graz/);
    await assertSent(2);
  });

  it("closes what waits for an approval when another message is sent", async (t) => {
    const { ask, shows, call, assertSent } = await open(t);
    await ask(calling(["pay", "overtaken"]));
    await call("pay").getByRole("button", { name: "Allow" }).waitFor();

    await ask(script({ text: "Something else." }));
    await shows("Something else.");

    assert.equal(tools.called("pay").includes("overtaken"), false);
    await assertSent(2);
  });

  it("stops a reply, and the next message is answered", async (t) => {
    const { page, ask, assertSent } = await open(t);
    await ask(script({ tokens: 2000, rate: 30 }));
    await page.getByText("w0 w1 w2").waitFor();

    await page.getByRole("button", { name: "Stop" }).click();

    await assertSent(1);
  });

  it("writes a reply with calls again", async (t) => {
    const { page, ask, shows, assertSent } = await open(t);
    const text = calling(["lookup", "again"]);
    await ask(text);
    await shows("Done.");

    await page.getByRole("button", { name: "Write again" }).click();
    await within(60, () => tools.called("lookup").filter((n) => n === "again").length === 2, "the second call");
    await shows("Done.");

    await assertSent(2);
  });
});
