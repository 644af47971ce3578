// Functions that are killed while tools run, in an unmodified chat of the AI SDK that sends by itself.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { generateId, lastAssistantMessageIsCompleteWithApprovalResponses, lastAssistantMessageIsCompleteWithToolCalls } from "ai";
import { startLocalStack } from "./local-stack.js";
import { script } from "./scripted-model.js";
import { ask, namesBefore, openChat, textOf } from "./stock-client.js";
import { startTools } from "./tools.js";
import { within } from "./waiting.js";

const LEASE_SECONDS = 2;

const isComplete = (options) =>
  lastAssistantMessageIsCompleteWithToolCalls(options) || lastAssistantMessageIsCompleteWithApprovalResponses(options);
const call = (name, n) => ({ name, arguments: { n } });
const callOf = (chat, tool) => chat.lastMessage.parts.find(({ type }) => type === `tool-${tool}`);

// One after the other, since a kill meets every turn of the stack.
describe("a function that is killed while a tool runs", () => {
  let stack, tools;
  before(async () => {
    tools = await startTools();
    stack = await startLocalStack({ variables: { ...tools.variables, LEASE_SECONDS: `${LEASE_SECONDS}` } });
  });
  after(async () => {
    await stack?.stop();
    await tools?.stop();
  });

  const open = (t) => openChat(t, stack, { prepareSendMessagesRequest: namesBefore, handlers: { sendAutomaticallyWhen: isComplete } });
  // When it returns, the lease has run out.
  const killFunction = async () => {
    await stack.killMessageFunction();
    await sleep(LEASE_SECONDS * 1000 + 500);
  };
  const assertEnds = async (chat, n) => {
    await chat.resumeStream();
    await within(
      60,
      () => chat.status === "ready" && textOf(chat.lastMessage).endsWith("Done."),
      () => `the end, after ${JSON.stringify(chat.lastMessage)}`,
    );
    assert.deepEqual([chat.status, chat.error, chat.messages.length], ["ready", undefined, 2]);
    // It may have acted: that is said, and it is not called again.
    assert.equal(callOf(chat, "slow").state, "output-error");
    assert.deepEqual(
      tools.called("slow").filter((called) => called === n),
      [n],
    );
  };

  it("calls it once, and a resume gets the reply whole", async (t) => {
    const chat = open(t);
    const n = generateId();
    void chat.sendMessage({ text: script({ steps: [{ calls: [call("slow", n)] }, { text: "Done." }] }) });
    await tools.arrived("slow", n);

    await killFunction();

    await assertEnds(chat, n);
  });

  it("behind an approval does not ask for it again", async (t) => {
    const chat = open(t);
    const n = generateId();
    const steps = [{ calls: [call("pay", n)] }, { calls: [call("slow", n)] }, { text: "Done." }];
    await ask(chat, script({ steps }));
    const asked = callOf(chat, "pay").approval.id;
    await chat.addToolApprovalResponse({ id: asked, approved: true });
    await tools.arrived("slow", n);

    await killFunction();

    await assertEnds(chat, n);
    assert.equal(callOf(chat, "pay").state, "output-available");
    assert.deepEqual(
      tools.called("pay").filter((called) => called === n),
      [n],
    );
  });
});
