import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateId } from "ai";
import { startLocalStack } from "./local-stack.js";
import { script } from "./scripted-model.js";
import { ask, namesBefore, openChat, openTransport, promptOf, textOf } from "./stock-client.js";

describe("a conversation", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("shows a reply exactly as the model wrote it", async (t) => {
    const text = '# Grüße, 世界 👩‍👩‍👧\n\nA *list*:\n\n- `one`\n- "two" \\ </three>\n';
    const chat = openChat(t, stack);

    const reply = await ask(chat, script({ text, chunk: 1, rate: 0 }));

    assert.equal(textOf(reply), text);
    assert.deepEqual(
      chat.messages.map(({ role }) => role),
      ["user", "assistant"],
    );
    assert.equal(chat.status, "ready");
  });

  it("streams a reply in several chunks", async (t) => {
    const transport = openTransport(stack);
    t.after(() => transport.close());
    const message = { id: generateId(), role: "user", parts: [{ type: "text", text: script({ tokens: 200, rate: 50 }) }] };

    const stream = await transport.sendMessages({ chatId: generateId(), messages: [message], trigger: "submit-message" });
    const types = [];
    for await (const chunk of stream) types.push(chunk.type);

    assert.deepEqual([...new Set(types)], ["start", "text-start", "text-delta", "text-end", "finish"]);
    assert.ok(types.filter((type) => type === "text-delta").length > 1, "all of the reply came at once");
  });

  it("names the model and the tokens used beside a reply", async (t) => {
    const reply = await ask(openChat(t, stack), script({ text: "Four words of text." }));

    assert.equal(reply.metadata.model, "demo");
    assert.ok(reply.metadata.usage.inputTokens > 0);
    assert.ok(reply.metadata.usage.outputTokens > 0);
  });

  it("separates a model's reasoning from its reply", async (t) => {
    const reply = await ask(openChat(t, stack), script({ reasoning: "Let me see.", text: "Done." }));

    assert.deepEqual(
      reply.parts.map(({ type, text }) => ({ type, text })),
      [
        { type: "reasoning", text: "Let me see." },
        { type: "text", text: "Done." },
      ],
    );
  });

  it("has its history in the prompt", async (t) => {
    const first = script({ text: "You are Ada." });
    const second = script({ text: "Ada." });
    const chat = openChat(t, stack, { user: "ada" });
    await ask(chat, first);

    await ask(chat, second);

    const call = await stack.modelCall(second);
    assert.deepEqual(promptOf(call), [`user: ${first}`, "assistant: You are Ada.", `user: ${second}`]);
  });

  it("continues beyond a frame: only the newest message and ids are sent", async (t) => {
    const chat = openChat(t, stack, { prepareSendMessagesRequest: namesBefore });
    const long = "x".repeat(3_000);

    for (let turn = 0; turn < 12; turn += 1) {
      assert.equal(textOf(await ask(chat, script({ text: `${turn} ${long}`, rate: 0 }))), `${turn} ${long}`);
    }

    assert.equal(chat.messages.length, 24);
  });

  it("is unknown to another user who names its id", async (t) => {
    const id = generateId();
    await ask(openChat(t, stack, { user: "carol", id }), script({ text: "Carol's secret." }));
    const asked = script({ text: "I know of nothing." });

    await ask(openChat(t, stack, { user: "dave", id }), asked);

    assert.deepEqual(promptOf(await stack.modelCall(asked)), [`user: ${asked}`]);
  });

  it("accepts a message of 31 KB", async (t) => {
    // Spaces in the script's JSON make the message long and the reply short.
    const text = script({ text: "Received." }).replace(/}$/, (brace) => " ".repeat(31_000) + brace);

    const reply = await ask(openChat(t, stack), text);

    assert.equal(textOf(reply), "Received.");
    await stack.modelCall(text);
  });
});
