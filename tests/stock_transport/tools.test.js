// Tools in an unmodified chat of the AI SDK, over its own transport.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateId, lastAssistantMessageIsCompleteWithApprovalResponses, lastAssistantMessageIsCompleteWithToolCalls } from "ai";
import { WebSocket } from "ws";
import { startLocalStack } from "./local-stack.js";
import { openSocketOfAlice } from "./raw-socket.js";
import { script } from "./scripted-model.js";
import { ask, namesBefore, openChat, openTransport, textOf } from "./stock-client.js";
import { startTools } from "./tools.js";
import { within } from "./waiting.js";

const isComplete = (options) =>
  lastAssistantMessageIsCompleteWithToolCalls(options) || lastAssistantMessageIsCompleteWithApprovalResponses(options);

/** What the model does: in its first step these calls, and in its second it says `Done.` */
const calling = (...calls) => script({ steps: [step(...calls), { text: "Done." }] });
const step = (...calls) => ({
  calls: calls.map(([name, n]) => ({ name, arguments: name === "ask_user" ? { question: n } : { n } })),
});

const callsOf = (chat) => chat.lastMessage.parts.filter(({ toolCallId }) => toolCallId);
const statesOf = (chat) => callsOf(chat).map(({ state }) => state);
const callOf = (chat, tool) => callsOf(chat).find(({ type }) => type === `tool-${tool}`);

describe("tools", { concurrency: true }, () => {
  let stack, tools;
  before(async () => {
    tools = await startTools();
    stack = await startLocalStack({ variables: tools.variables });
  });
  after(async () => {
    await stack?.stop();
    await tools?.stop();
  });

  /** A chat that sends by itself as a page has it, and `sent`, the frames with which it did. */
  const open = (t, { sendAutomaticallyWhen = isComplete, onToolCall, id, messages, ...options } = {}) => {
    const sent = [];
    class RecordingSocket extends WebSocket {
      send(data, ...rest) {
        if (JSON.parse(data).type === "send") sent.push(data);
        super.send(data, ...rest);
      }
    }
    const transport = openTransport(stack, { webSocket: RecordingSocket, prepareSendMessagesRequest: namesBefore, ...options });
    const chat = openChat(t, stack, { transport, id, messages, handlers: { sendAutomaticallyWhen, onToolCall } });
    return { chat, sent };
  };
  const shows = (chat, text) =>
    within(
      60,
      () => chat.status === "ready" && textOf(chat.lastMessage) === text,
      () => `“${text}”, not “${textOf(chat.lastMessage)}”, ${chat.status}, ${chat.error}`,
    );
  /** Nothing more is sent: what would be is, before an answer to another question. */
  const assertSent = async ({ chat, sent }, count) => {
    await chat.resumeStream();
    assert.deepEqual([sent.length, chat.status, chat.error], [count, "ready", undefined]);
  };
  const approve = (chat, approved = true, reason = undefined) =>
    chat.addToolApprovalResponse({ id: callOf(chat, "pay").approval.id, approved, reason });
  const locating = (opened) => ({
    onToolCall: ({ toolCall: { toolName, toolCallId } }) => {
      if (toolName === "locate") void opened().addToolOutput({ tool: "locate", toolCallId, output: { city: "Graz" } });
    },
  });

  it("of the server are executed and shown, and the chat does nothing for them", async (t) => {
    const opened = open(t, { onToolCall: assert.fail });
    const n = generateId();

    const reply = await ask(opened.chat, calling(["lookup", n], ["lookup", `${n}+`]));

    assert.equal(textOf(reply), "Done.");
    assert.deepEqual(
      callsOf(opened.chat).map(({ state, input, output }) => [state, input.n, output.n]),
      [
        ["output-available", n, n],
        ["output-available", `${n}+`, `${n}+`],
      ],
    );
    await assertSent(opened, 1);
  });

  for (const [kind, sendAutomaticallyWhen] of [
    ["the predicate for approvals", lastAssistantMessageIsCompleteWithApprovalResponses],
    ["both predicates", isComplete],
  ]) {
    it(`that need approval wait for it and are executed once, with ${kind}`, async (t) => {
      const opened = open(t, { sendAutomaticallyWhen });
      const n = generateId();
      await ask(opened.chat, calling(["pay", n]));
      assert.deepEqual([statesOf(opened.chat), tools.called("pay").includes(n)], [["approval-requested"], false]);
      await assertSent(opened, 1);

      await approve(opened.chat);

      await shows(opened.chat, "Done.");
      assert.deepEqual(statesOf(opened.chat), ["output-available"]);
      assert.deepEqual(
        opened.chat.messages.map(({ role }) => role),
        ["user", "assistant"],
      );
      assert.equal(tools.called("pay").filter((called) => called === n).length, 1);
      await assertSent(opened, 2);
    });
  }

  it("that are allowed in the whole conversation are not asked for again", async (t) => {
    const opened = open(t);
    const n = generateId();
    await ask(opened.chat, calling(["pay", n]));
    const { approval, toolCallId } = callOf(opened.chat, "pay");
    await opened.chat.addToolApprovalResponse({ id: approval.id, approved: true, options: { body: { alwaysAllow: [toolCallId] } } });
    await shows(opened.chat, "Done.");

    await ask(opened.chat, calling(["pay", `${n}+`]));

    assert.deepEqual([textOf(opened.chat.lastMessage), statesOf(opened.chat)], ["Done.", ["output-available"]]);
    await assertSent(opened, 3);
  });

  it("that are declined are not executed, and the model hears why", async (t) => {
    const opened = open(t);
    const text = calling(["pay", "declined"]);
    await ask(opened.chat, text);

    await approve(opened.chat, false, "Too much for today.");

    await shows(opened.chat, "Done.");
    assert.deepEqual(statesOf(opened.chat), ["output-denied"]);
    assert.equal(tools.called("pay").includes("declined"), false);
    assert.match(JSON.stringify((await stack.modelCall(text)).messages), /Too much for today\./);
    await assertSent(opened, 2);
  });

  for (const [kind, sendAutomaticallyWhen] of [
    ["the predicate for tool calls", lastAssistantMessageIsCompleteWithToolCalls],
    ["both predicates", isComplete],
  ]) {
    it(`of the client are executed by it, with ${kind}`, async (t) => {
      const opened = open(t, { sendAutomaticallyWhen, ...locating(() => opened.chat) });
      const text = calling(["locate", "1"]);

      await opened.chat.sendMessage({ text });

      await shows(opened.chat, "Done.");
      assert.deepEqual(statesOf(opened.chat), ["output-available"]);
      assert.match(JSON.stringify((await stack.modelCall(text)).messages), /Graz/);
      await assertSent(opened, 2);
    });
  }

  it("of all kinds in one step are answered one by one", async (t) => {
    const opened = open(t);
    const n = generateId();
    await ask(opened.chat, calling(["lookup", n], ["pay", n], ["locate", n], ["ask_user", n]));
    await assertSent(opened, 1);

    const { chat } = opened;
    await approve(chat);
    await chat.addToolOutput({
      tool: "locate",
      toolCallId: callOf(chat, "locate").toolCallId,
      state: "output-error",
      errorText: "No sensor.",
    });
    await assertSent(opened, 1);
    await chat.addToolOutput({ tool: "ask_user", toolCallId: callOf(chat, "ask_user").toolCallId, output: "Yes." });

    await shows(chat, "Done.");
    assert.equal(tools.called("pay").filter((called) => called === n).length, 1);
    await assertSent(opened, 2);
  });

  it("that are stopped in mid-call do not make the chat send, and the next message is answered", async (t) => {
    const opened = open(t);
    const n = generateId();
    const sent = opened.chat.sendMessage({ text: calling(["slow", n]) });
    await tools.arrived("slow", n);

    await opened.chat.stop();
    await sent;

    await assertSent(opened, 1);
    const reply = await ask(opened.chat, script({ text: "Still here." }));
    assert.equal(textOf(reply), "Still here.");
    await assertSent(opened, 2);
  });

  it("that are stopped on another device do not make this one send", async (t) => {
    const opened = open(
      t,
      locating(() => opened.chat),
    );
    const n = generateId();
    const sent = opened.chat.sendMessage({ text: calling(["slow", n], ["locate", n]) });
    await tools.arrived("slow", n);
    const other = open(t, { id: opened.chat.id, messages: structuredClone(opened.chat.messages) });
    const resumed = other.chat.resumeStream();
    await within(60, () => other.chat.status === "streaming", "the reply on the other device");

    await other.chat.stop();
    await Promise.all([sent, resumed]);

    await assertSent(opened, 1);
    await assertSent(other, 0);
  });

  it("that run are followed after a reload", async (t) => {
    const opened = open(t);
    const n = generateId();
    const sent = opened.chat.sendMessage({ text: calling(["slow", n]) });
    await tools.arrived("slow", n);
    await within(60, () => callsOf(opened.chat).length === 1, "the call");
    const reloaded = open(t, { id: opened.chat.id, messages: structuredClone(opened.chat.messages) });

    const resumed = reloaded.chat.resumeStream();
    await within(60, () => reloaded.chat.status === "streaming", "the reply after the reload");
    tools.release(n);
    await Promise.all([sent, resumed]);

    for (const { chat } of [opened, reloaded]) {
      await shows(chat, "Done.");
      assert.deepEqual([chat.messages.length, statesOf(chat)], [2, ["output-available"]]);
    }
    await assertSent(reloaded, 0);
  });

  it("that wait are answered after a reload, with what the server has stored", async (t) => {
    const before = open(t);
    await ask(before.chat, calling(["pay", "reloaded"], ["locate", "reloaded"]));
    const socket = await openSocketOfAlice(t, stack);
    socket.send({ type: "conversations.get", requestId: "history", id: before.chat.id });
    const { data } = await socket.answer("history");
    const plain = ({ type, toolCallId, state, input, approval }) => ({ type, toolCallId, state, input, approval });
    assert.equal(data.messages.at(-1).metadata.status, "waiting");
    assert.deepEqual(
      data.messages
        .at(-1)
        .parts.map(plain)
        .map((part) => JSON.parse(JSON.stringify(part))),
      before.chat.lastMessage.parts.map(plain).map((part) => JSON.parse(JSON.stringify(part))),
    );

    const reloaded = open(t, { id: before.chat.id, messages: data.messages });
    await assertSent(reloaded, 0);
    await reloaded.chat.addToolOutput({ tool: "locate", toolCallId: callOf(reloaded.chat, "locate").toolCallId, output: "Here." });
    await approve(reloaded.chat);

    await shows(reloaded.chat, "Done.");
    assert.deepEqual(statesOf(reloaded.chat), ["output-available", "output-available"]);
    // The device where it was asked sees it when it resumes or loads, and has nothing to answer.
    await assertSent(reloaded, 1);
    await assertSent(before, 1);
  });

  it("that two devices approve at once are executed once", async (t) => {
    const first = open(t);
    const n = generateId();
    await ask(first.chat, calling(["pay", n]));
    const second = open(t, { id: first.chat.id, messages: structuredClone(first.chat.messages) });

    await Promise.all([approve(first.chat), approve(second.chat)]);
    await within(
      60,
      () => [first, second].some(({ chat }) => chat.status === "ready" && textOf(chat.lastMessage) === "Done."),
      "the reply",
    );
    await within(60, () => [first, second].every(({ chat }) => ["ready", "error"].includes(chat.status)), "both to end");

    assert.equal(tools.called("pay").filter((called) => called === n).length, 1);
    for (const { sent } of [first, second]) assert.ok(sent.length <= 2);
  });

  it("that wait are declined by another message", async (t) => {
    const opened = open(t);
    await ask(opened.chat, calling(["pay", "overtaken"]));

    const reply = await ask(opened.chat, script({ text: "Something else." }));

    assert.equal(textOf(reply), "Something else.");
    assert.equal(tools.called("pay").includes("overtaken"), false);
    const socket = await openSocketOfAlice(t, stack);
    socket.send({ type: "conversations.get", requestId: "history", id: opened.chat.id });
    const { data } = await socket.answer("history");
    const [call] = data.messages[1].parts.filter(({ toolCallId }) => toolCallId);
    assert.equal(call.state, "output-denied");
    await assertSent(opened, 2);
  });

  it("with long outputs leave room in the frame of an answer", async (t) => {
    const opened = open(t);
    const steps = [step(["long", "1"]), step(["long", "2"]), step(["long", "3"], ["pay", "long"]), { text: "Done." }];
    await ask(opened.chat, script({ steps }));
    assert.ok(JSON.stringify(opened.chat.lastMessage).length > 40_000);

    await approve(opened.chat);

    await shows(opened.chat, "Done.");
  });
});
