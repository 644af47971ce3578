// A message's position is where the SDK's client shows it, and the prompt is what the page shows.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateId } from "ai";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, namesBefore, openChat, promptOf, sendAgain, textOf, wordsArrived } from "./stock-client.js";

describe("branches", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const told = async (text) => promptOf(await stack.modelCall(text)).slice(0, -1);

  // The whole list is what the SDK sends by default; the other is what README recommends.
  for (const [how, options] of [
    ["the whole list", {}],
    ["the names of the messages before", { prepareSendMessagesRequest: namesBefore }],
  ]) {
    describe(`with ${how}`, { concurrency: true }, () => {
      it("a message after an earlier one omits messages removed from the page", async (t) => {
        const [one, two, three] = ["One.", "Two.", "Three."].map((text) => script({ text }));
        const chat = openChat(t, stack, options);
        await ask(chat, one);
        await ask(chat, two);
        chat.messages = chat.messages.slice(0, 2);

        await ask(chat, three);

        assert.deepEqual(await told(three), [`user: ${one}`, "assistant: One."]);
      });

      it("an edit replaces the message, even one that was just sent", async (t) => {
        const [one, two, edited] = ["One.", "Two.", "Edited."].map((text) => script({ text }));
        const chat = openChat(t, stack, options);
        await ask(chat, one);
        await ask(chat, two);

        await chat.sendMessage({ text: edited, messageId: chat.messages[2].id });

        assert.equal(chat.error, undefined);
        assert.deepEqual(chat.messages.map(textOf), [one, "One.", edited, "Edited."]);
        assert.deepEqual(await told(edited), [`user: ${one}`, "assistant: One."]);
      });

      it("ids that restart with each visit are no edits", async (t) => {
        const id = generateId();
        const [monday, tuesday] = ["Monday.", "Tuesday."].map((text) => script({ text }));
        let messages = [];
        for (const text of [monday, tuesday]) {
          const chat = openChat(t, stack, { ...options, id, messages });
          await chat.sendMessage({ id: "m1", parts: [{ type: "text", text }] });
          messages = chat.messages.map((message, index) => (index ? message : { ...message, id: `of ${text.length}` }));
        }

        assert.deepEqual(await told(tuesday), [`user: ${monday}`, "assistant: Monday."]);
      });

      it("the parent of a message is the last one that arrived", async (t) => {
        const [one, three] = ["One.", "Three."].map((text) => script({ text }));
        const chat = openChat(t, stack, options);
        await ask(chat, one);
        chat.messages = [...chat.messages, { id: generateId(), role: "user", parts: [{ type: "text", text: "Lost." }] }];

        await ask(chat, three);

        assert.deepEqual(await told(three), [`user: ${one}`, "assistant: One."]);
      });
    });
  }

  // The SDK shows the rest of the previous reply, as another message, until the page is reloaded or its user has stopped it.
  it("an edit or a regeneration replaces the running reply", async (t) => {
    for (const [isEdit, tokens] of [
      [true, 120],
      [false, 121],
    ]) {
      const long = script({ tokens, rate: 60 });
      const edited = script({ text: "To the edited question." });
      const chat = openChat(t, stack);
      const sent = chat.sendMessage({ text: long });
      await wordsArrived(chat, 8);

      await (isEdit ? chat.sendMessage({ text: edited, messageId: chat.messages[0].id }) : chat.regenerate());
      await sent;

      assert.equal(chat.error, undefined);
      assert.equal(textOf(chat.lastMessage), isEdit ? "To the edited question." : numberedWords(tokens));
      assert.equal((await stack.modelCalls(long)).length, isEdit ? 1 : 2);
    }
  });

  it("an edit after a stop is shown alone", async (t) => {
    const [long, edited] = [script({ tokens: 2000, rate: 30 }), script({ text: "To the edited question." })];
    const chat = openChat(t, stack);
    const sent = chat.sendMessage({ text: long });
    await wordsArrived(chat, 8);

    await chat.stop();
    await sent;
    await chat.sendMessage({ text: edited, messageId: chat.messages[0].id });

    assert.deepEqual(chat.messages.map(textOf), [edited, "To the edited question."]);
    assert.equal(chat.error, undefined);
  });

  it("a message resent after its lost edit is answered in its place", async (t) => {
    const [one, two] = ["One.", "Two."].map((text) => script({ text }));
    const chat = openChat(t, stack);
    await ask(chat, one);
    chat.messages = [...chat.messages, { id: generateId(), role: "user", parts: [{ type: "text", text: two }] }];

    await sendAgain(chat);

    assert.deepEqual(chat.messages.map(textOf), [one, "One.", two, "Two."]);
  });

  it("parts of a message are separated and lone surrogates replaced", async (t) => {
    const asked = script({ text: "Read." });
    const chat = openChat(t, stack);

    await chat.sendMessage({
      parts: [
        { type: "text", text: "Cut 👍".slice(0, -1) },
        { type: "text", text: asked },
      ],
    });

    assert.equal(chat.error, undefined);
    assert.deepEqual(promptOf(await stack.modelCall(asked)), [`user: Cut \u{fffd}\n\n${asked}`]);
  });
});
