import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startLocalStack } from "./local-stack.js";
import { numberedWords, script } from "./scripted-model.js";
import { ask, openChat, promptOf, rolesOf, sendAgain, textOf, wordsArrived } from "./stock-client.js";

const INTERRUPTED = "The reply was interrupted. What had arrived is kept.";
const LEASE_SECONDS = 2;

// One after the other, since a kill meets every turn of the stack.
describe("a function that is killed during a reply", () => {
  let stack;
  before(async () => (stack = await startLocalStack({ variables: { LEASE_SECONDS: `${LEASE_SECONDS}` } })));
  after(() => stack.stop());

  // After a second and a half something is stored. When it returns, the lease has run out.
  const killFunctionOf = async (chat) => {
    await wordsArrived(chat, 30);
    await stack.killMessageFunction();
    await sleep(LEASE_SECONDS * 1000 + 500);
  };

  const assertWhole = (chat, count) => {
    assert.equal(chat.error, undefined);
    assert.equal(textOf(chat.lastMessage), numberedWords(count));
  };

  it("loses no reply: a resume of either client gets it whole", async (t) => {
    const stayed = openChat(t, stack);
    const second = openChat(t, stack, { id: stayed.id });
    const sent = stayed.sendMessage({ text: script({ tokens: 150, rate: 20 }) });
    await killFunctionOf(stayed);
    const { id } = stayed.lastMessage;

    const resumed = second.resumeStream();
    await sent;
    assert.equal(stayed.error?.message, INTERRUPTED);
    await stayed.resumeStream();
    await resumed;

    assertWhole(stayed, 150);
    assertWhole(second, 150);
    assert.deepEqual([stayed.lastMessage.id, second.lastMessage.id], [id, id]);
    assert.deepEqual(rolesOf(stayed), ["user", "assistant"]);
  });

  it("loses no reply: a retry is answered under the same message id", async (t) => {
    const chat = openChat(t, stack);
    const reloaded = openChat(t, stack, { id: chat.id });
    const sent = chat.sendMessage({ text: script({ tokens: 150, rate: 20 }) });
    await killFunctionOf(chat);
    reloaded.messages = structuredClone(chat.messages);

    await sendAgain(reloaded);
    await sent;

    assertWhole(reloaded, 150);
    assert.equal(reloaded.lastMessage.id, chat.lastMessage.id);
  });

  it("twice in one turn keeps the stored text, and the next is answered", async (t) => {
    const chats = [openChat(t, stack)];
    const text = script({ tokens: 300, rate: 20 });
    const running = [chats[0].sendMessage({ text })];
    await killFunctionOf(chats[0]);
    chats.push(openChat(t, stack, { id: chats[0].id }));
    running.push(chats[1].resumeStream());
    await killFunctionOf(chats[1]);

    const last = openChat(t, stack, { id: chats[0].id });
    await last.resumeStream();
    await Promise.all(running);

    assert.equal(last.status, "ready");
    assert.ok(textOf(last.lastMessage) !== "" && numberedWords(300).startsWith(textOf(last.lastMessage)));
    assert.deepEqual(
      chats.map((chat) => chat.error?.message),
      [INTERRUPTED, INTERRUPTED],
    );
    const next = script({ text: "On we go." });
    assert.equal(textOf(await ask(last, next)), "On we go.");
    const kept = textOf(last.messages[0]);
    assert.deepEqual(promptOf(await stack.modelCall(next)), [`user: ${text}`, `assistant: ${kept}`, `user: ${next}`]);
  });
});
