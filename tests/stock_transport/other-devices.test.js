import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { openSocket } from "./raw-socket.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, openConnectedChat, textOf, wordsArrived } from "./stock-client.js";

describe("a user's other devices", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const connect = async (t, user) => openSocket(t, stack, { token: await stack.token(user) });

  it("are notified when a turn starts and can resume it from its beginning", async (t) => {
    const other = await connect(t, "erin");
    const chat = openChat(t, stack, { user: "erin" });
    const following = await openConnectedChat(t, stack, { user: "erin", id: chat.id });
    const sent = chat.sendMessage({ text: script({ tokens: 100, rate: 20 }) });

    const notice = await other.answer("-");
    await Promise.all([following.resumeStream(), sent]);

    assert.deepEqual(notice, {
      type: "notice",
      requestId: "-",
      notice: "turn-started",
      id: chat.id,
      messageId: chat.lastMessage.id,
    });
    assert.equal(textOf(following.lastMessage), numberedWords(100));
  });

  it("get a reply that ended before their resume", async (t) => {
    const chat = openChat(t, stack, { user: "heidi" });
    const other = await openConnectedChat(t, stack, { user: "heidi", id: chat.id });
    await ask(chat, script({ text: "Quick." }));

    await other.resumeStream();

    assert.equal(other.lastMessage?.id, chat.lastMessage.id);
    assert.equal(textOf(other.lastMessage), "Quick.");
  });

  it("ignore notices that they do not know", async (t) => {
    const busy = openChat(t, stack, { user: "frank" });
    const sent = busy.sendMessage({ text: script({ tokens: 90, rate: 30 }) });
    await wordsArrived(busy, 10);

    await ask(openChat(t, stack, { user: "frank" }), script({ text: "Elsewhere." }));
    await sent;

    assert.equal(busy.error, undefined);
    assert.equal(textOf(busy.lastMessage), numberedWords(90));
  });

  it("of another user get no notice", async (t) => {
    const stranger = await connect(t, "mallory");
    const witness = await connect(t, "grace");

    await ask(openChat(t, stack, { user: "grace" }), script({ text: "Between us." }));
    await witness.answer("-");
    stranger.send({ type: "ping", requestId: "after" });
    await stranger.answer("after");

    assert.deepEqual(
      stranger.frames.map(({ type }) => type),
      ["pong"],
    );
  });
});
