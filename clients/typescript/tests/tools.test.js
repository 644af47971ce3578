// Tools with the local stack: a model that calls them, and a server that executes them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import path from "node:path";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { script } from "../../../tests/stock_transport/scripted-model.js";
import { startTools } from "../../../tests/stock_transport/tools.js";
import { within } from "../../../tests/stock_transport/waiting.js";
import { toChunks } from "../dist/stored-reply.js";
import { createTranscript } from "../dist/transcript.js";
import { openClient, openFragileClient } from "./a-client.js";
import { ask, openChat, textOf, VERSIONS } from "./chat.js";
import { read } from "./reading.js";

const PROGRAM = path.join(import.meta.dirname, "../examples/terminal/main.js");

const call = (name, fields) => ({ name, arguments: fields });
const calling = (...calls) => script({ steps: [{ text: "Let me see.", calls }, { text: "Done." }] });

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

  const waitingOf = ({ chunks }) => {
    const asked = chunks.filter(({ type }) => type === "tool-approval-request").map(({ toolCallId }) => toolCallId);
    const isClients = ({ type, toolCallId, providerExecuted }) =>
      type === "tool-input-available" && !providerExecuted && !asked.includes(toolCallId);
    return { asked, clients: chunks.filter(isClients).map(({ toolCallId }) => toolCallId) };
  };
  /** Sends a message whose reply waits. */
  const wait = async (client, ...calls) => {
    const conversationId = newId();
    const reader = await read(client.send({ conversationId, text: calling(...calls) })).ended;
    assert.deepEqual([reader.error, reader.chunks.at(-1).finishReason], [undefined, "tool-calls"]);
    return { conversationId, reader, messageId: reader.messageId };
  };
  const stored = async (client, conversationId, messageId) => {
    for await (const messages of client.conversations.history(conversationId)) {
      const message = messages.find(({ id }) => id === messageId);
      if (message) return message;
    }
    return undefined;
  };
  /** What is stored of a reply is exactly what was streamed of it. */
  const assertStored = async (client, conversationId, ...readers) => {
    const [{ messageId }] = readers;
    const transcript = createTranscript();
    const isEnd = ({ type }) => type === "finish" || type === "abort";
    const chunks = readers.flatMap(({ chunks }, index) => chunks.filter((chunk) => !isEnd(chunk) && (!index || chunk.type !== "start")));
    // What ran beside a call that waits, and what was answered before, is told again behind an answer.
    const told = chunks.map((chunk) => JSON.stringify(chunk));
    chunks
      .filter(({ type }, index) => !/^tool-(output|approval)/.test(type) || told.indexOf(told[index]) === index)
      .forEach(transcript.take);
    transcript.rewind();
    const message = await within(
      20,
      async () => {
        const found = await stored(client, conversationId, messageId);
        return found?.metadata.status !== "streaming" && found;
      },
      "the end of the reply",
    );
    const more = toChunks(message)
      .filter((chunk) => !isEnd(chunk))
      .flatMap(transcript.take);
    assert.deepEqual([...more, ...transcript.end()], []);
  };

  it("of one step run at the same time, and are stored as they were streamed", async (t) => {
    const client = openClient(t, stack);
    const conversationId = newId();
    const calls = ["a", "b", "c"].map((n) => call("lookup", { n }));

    const reader = await read(client.send({ conversationId, text: calling(...calls, call("nothing", {}), call("lookup", { n: 7 })) }))
      .ended;

    assert.deepEqual([reader.error, reader.shown], [undefined, "Let me see.Done."]);
    await assertStored(client, conversationId, reader);
  });

  for (const approved of [true, false]) {
    it(`that wait go on when all is answered, one by one, and are ${approved ? "allowed" : "declined"}`, async (t) => {
      const client = openClient(t, stack);
      const n = newId();
      const { conversationId, messageId, reader } = await wait(client, call("lookup", { n }), call("pay", { n }), call("locate", { n }));
      await assertStored(client, conversationId, reader);
      const { asked, clients } = waitingOf(reader);
      assert.deepEqual([asked.length, clients.length], [1, 1]);

      const [output] = clients.map((toolCallId) => ({ toolCallId, output: { city: "Graz" } }));
      const first = await read(client.answer({ conversationId, messageId, answers: [output] })).ended;
      assert.equal(first.chunks.at(-1).finishReason, "tool-calls");
      const answers = [{ toolCallId: asked[0], approved, reason: "As you like." }];
      const second = await read(client.answer({ conversationId, messageId, answers })).ended;

      assert.deepEqual([second.error, second.shown], [undefined, "Done."]);
      assert.equal(tools.called("pay").filter((called) => called === n).length, approved ? 1 : 0);
      await assertStored(client, conversationId, reader, first, second);
      // The same answers again change nothing, and what followed them is told again.
      const again = await read(client.answer({ conversationId, messageId, answers })).ended;
      assert.deepEqual([again.error, again.shown], [undefined, "Done."]);
      assert.equal(tools.called("pay").filter((called) => called === n).length, approved ? 1 : 0);
    });
  }

  it("that are allowed in the whole conversation are not asked for again", async (t) => {
    const client = openClient(t, stack);
    const n = newId();
    const { conversationId, messageId, reader } = await wait(client, call("pay", { n }));
    const [toolCallId] = waitingOf(reader).asked;
    const answers = [{ toolCallId, approved: true }];
    await read(client.answer({ conversationId, messageId, answers, alwaysAllow: [toolCallId] })).ended;

    const next = await read(client.send({ conversationId, text: calling(call("pay", { n: `${n}+` })) })).ended;

    assert.deepEqual([next.error, next.shown], [undefined, "Let me see.Done."]);
    assert.deepEqual(
      tools.called("pay").filter((called) => called.startsWith(n)),
      [n, `${n}+`],
    );
  });

  it("go on after a lost connection with what is new", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const n = newId();
    const conversationId = newId();
    const text = script({ steps: [{ calls: [call("pay", { n })] }, { text: "Paid.", calls: [call("slow", { n })] }, { text: "Done." }] });
    const reader = await read(client.send({ conversationId, text })).ended;
    const answers = [{ toolCallId: waitingOf(reader).asked[0], approved: true }];
    const turn = read(client.answer({ conversationId, messageId: reader.messageId, answers }));
    await tools.arrived("slow", n);
    await turn.words(0);

    await cut();
    tools.release(n);

    await turn.ended;
    assert.deepEqual([turn.error, turn.shown, turn.restarts], [undefined, "Paid.Done.", 0]);
    await assertStored(client, conversationId, reader, turn);
  });

  it("of a function that is killed are followed to the end by their answer", async (t) => {
    // A stack of its own, since a kill meets every turn.
    const other = await startLocalStack({ variables: { ...tools.variables, LEASE_SECONDS: "2" } });
    t.after(() => other.stop());
    const client = openClient(t, other, { timing: { quietMs: 3_000 } });
    const n = newId();
    const conversationId = newId();
    const text = script({ steps: [{ calls: [call("pay", { n })] }, { text: "Paid.", calls: [call("slow", { n })] }, { text: "Done." }] });
    const reader = await read(client.send({ conversationId, text })).ended;
    const answers = [{ toolCallId: waitingOf(reader).asked[0], approved: true }];
    const turn = read(client.answer({ conversationId, messageId: reader.messageId, answers }));
    await tools.arrived("slow", n);

    await other.killMessageFunction();

    await turn.ended;
    assert.deepEqual([turn.error, turn.shown, turn.restarts], [undefined, "Paid.Done.", 0]);
    assert.deepEqual(
      ["pay", "slow"].map((tool) => tools.called(tool).filter((called) => called === n).length),
      [1, 1],
    );
    await assertStored(client, conversationId, reader, turn);
  });

  it("that are stopped in mid-call are stored as they were streamed", async (t) => {
    const client = openClient(t, stack);
    const n = newId();
    const conversationId = newId();
    const turn = client.send({ conversationId, text: calling(call("slow", { n }), call("locate", { n })) });
    const reader = read(turn);
    await tools.arrived("slow", n);
    turn.stop();

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks.at(-1).finishReason], [undefined, "interrupted"]);
    await assertStored(client, conversationId, reader);
  });

  for (const [version, ai] of Object.entries(VERSIONS)) {
    const isComplete = (options) =>
      ai.lastAssistantMessageIsCompleteWithToolCalls(options) || ai.lastAssistantMessageIsCompleteWithApprovalResponses(options);

    it(`of all kinds work in a chat of ${version}`, async (t) => {
      const n = newId();
      const onToolCall = ({ toolCall: { toolName, toolCallId } }) => {
        if (toolName === "locate") void chat.addToolOutput({ tool: toolName, toolCallId, output: "Graz" });
      };
      const chat = openChat(t, ai, stack, { handlers: { sendAutomaticallyWhen: isComplete, onToolCall } });
      await ask(chat, calling(call("lookup", { n }), call("long", { n }), call("locate", { n }), call("pay", { n })));
      const { toolCallId } = chat.lastMessage.parts.find(({ type }) => type === "tool-pay");

      await chat.addToolApprovalResponse({ id: toolCallId, approved: true });

      await within(60, () => chat.status === "ready" && textOf(chat.lastMessage) === "Let me see.Done.", "the end of the reply");
      const states = chat.lastMessage.parts.flatMap((part) => (part.toolCallId ? [part.state] : []));
      assert.deepEqual(states, Array(4).fill("output-available"));
      assert.deepEqual([chat.error, chat.messages.length], [undefined, 2]);
      assert.equal(tools.called("pay").filter((called) => called === n).length, 1);
    });
  }

  it("are answered line by line in the terminal", async (t) => {
    const n = newId();
    const child = spawn(process.execPath, [PROGRAM, "--url", stack.socketUrl, "--user", newId()]);
    t.after(() => child.kill());
    const written = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (data) => (written[name] += data));
    const ended = new Promise((resolve) => child.once("close", resolve));

    child.stdin.end(
      `${calling(call("ask_user", { question: "How many?", choices: ["One", "Two"] }), call("pay", { n }))}\n2\ny as you like\n`,
    );

    assert.equal(await ended, 0);
    assert.equal(written.stdout, "Let me see.\nDone.\n");
    assert.match(written.stderr, /How many\?\n +1 {2}One\n +2 {2}Two\n.*Allow pay .*\?\n.*⚙ ask_user .* ✓ Two\n⚙ pay .* ✓ /s);
    assert.equal(tools.called("pay").filter((called) => called === n).length, 1);
  });
});
