// Tools in a chat of the AI SDK.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { within } from "../../../tests/stock_transport/waiting.js";
import { openChat, textOf, VERSIONS } from "./chat.js";
import { openClient, startServer } from "./scripted-server.js";
import { ANSWERED, approvalRequest, ASKING, callId, finish, output, sayStep, START, stepOf, toolPart } from "./tool-chunks.js";

for (const [version, ai] of Object.entries(VERSIONS)) {
  const { lastAssistantMessageIsCompleteWithToolCalls, lastAssistantMessageIsCompleteWithApprovalResponses } = ai;
  const isComplete = (options) =>
    lastAssistantMessageIsCompleteWithToolCalls(options) || lastAssistantMessageIsCompleteWithApprovalResponses(options);

  describe(`tools in a chat of ${version}`, { concurrency: true }, () => {
    const open = async (t, { handlers, messages } = {}) => {
      const server = await startServer(t);
      const { client } = openClient(t, server);
      const transport = new NatterChatTransport({ client });
      const chat = openChat(t, ai, undefined, {
        transport,
        id: "c1",
        messages,
        handlers: { sendAutomaticallyWhen: isComplete, ...handlers },
      });
      return { server, client, chat };
    };
    const ask = async ({ server, chat }, chunks) => {
      const asked = chat.sendMessage({ text: "Pay." });
      const connection = await server.connection(0);
      connection.chunks(await connection.frame("send"), chunks);
      await asked;
      assert.equal(chat.error, undefined);
      return connection;
    };
    const statesOf = (chat) => chat.lastMessage.parts.flatMap(({ state, toolCallId }) => (toolCallId ? [state] : []));
    const shows = (chat, text) => within(20, () => chat.status === "ready" && textOf(chat.lastMessage) === text, `“${text}”`);
    /** Nothing is sent by itself: an operation is answered first. */
    const assertSent = async (connection, client, count) => {
      await connection.answered(client);
      assert.equal(connection.frames.filter(({ type }) => type === "send").length, count);
    };

    it("that the server runs are shown, and nothing is sent for them", async (t) => {
      const opened = await open(t, { handlers: { onToolCall: assert.fail } });
      const connection = await ask(opened, [
        START,
        ...stepOf(["a", true], ["b", true]),
        output(2),
        output(1),
        ...sayStep("Done."),
        finish(),
      ]);

      assert.deepEqual(statesOf(opened.chat), ["output-available", "output-available"]);
      await assertSent(connection, opened.client, 1);
    });

    it("that wait go on with one frame of answers, which holds nothing else of the message", async (t) => {
      const opened = await open(t, {
        handlers: {
          onToolCall: ({ toolCall }) => {
            if (toolCall.toolName === "show")
              opened.chat.addToolOutput({ tool: "show", toolCallId: toolCall.toolCallId, output: { shown: true } });
          },
        },
      });
      const { client, chat } = opened;
      const before = [...stepOf(["old", true]).map((chunk) => (chunk.toolCallId ? { ...chunk, toolCallId: "m1-0" } : chunk))];
      const ran = { type: "tool-output-available", toolCallId: "m1-0", output: "x".repeat(20_000) };
      const connection = await ask(opened, [START, ...before, ran, ...ASKING.slice(1)]);
      await assertSent(connection, client, 1);

      await chat.addToolApprovalResponse({
        id: callId(1),
        approved: true,
        reason: "Yes.",
        options: { body: { alwaysAllow: [callId(1)] } },
      });
      const frame = await connection.frame("send", 1);
      connection.chunks(frame, [START, ...ANSWERED]);
      await shows(chat, "Done.");

      const answer = { type: "tool-pay", toolCallId: callId(1), state: "approval-responded" };
      assert.deepEqual(frame.messages, [
        {
          id: "m1",
          role: "assistant",
          parts: [
            { ...answer, approval: { id: callId(1), approved: true, reason: "Yes." } },
            { type: "tool-show", toolCallId: callId(2), state: "output-available", output: { shown: true } },
          ],
        },
      ]);
      assert.deepEqual([frame.messageId, frame.body], ["m1", { alwaysAllow: [callId(1)] }]);
      assert.deepEqual(statesOf(chat), ["output-available", "output-available", "output-available"]);
      assert.equal(chat.messages.length, 2);
      await assertSent(connection, client, 2);
    });

    it("that were stopped elsewhere are not answered by themselves", async (t) => {
      const opened = await open(t);
      const error = { type: "tool-output-error", toolCallId: callId(1), errorText: "The user stopped the reply." };
      const connection = await ask(opened, [START, ...stepOf(["show"]), error, finish("interrupted")]);

      await assertSent(connection, opened.client, 1);
      assert.deepEqual([opened.chat.status, opened.chat.error], ["ready", undefined]);
    });

    it("that wait are answered after a reload", async (t) => {
      const parts = [
        { type: "step-start" },
        toolPart("pay", 1, { state: "approval-requested", approval: { id: callId(1) } }),
        toolPart("show", 2, { state: "output-available", output: { shown: true } }),
      ];
      const messages = [
        { id: "q1", role: "user", parts: [{ type: "text", text: "Pay." }] },
        { id: "m1", role: "assistant", parts, metadata: { status: "waiting" } },
      ];
      const { server, chat } = await open(t, { messages });

      void chat.addToolApprovalResponse({ id: callId(1), approved: true });
      const connection = await server.connection(0);
      connection.chunks(await connection.frame("send"), [START, ...ANSWERED]);

      await shows(chat, "Done.");
      assert.deepEqual(statesOf(chat), ["output-available", "output-available"]);
    });

    it("that were answered are not asked about again by a request that is repeated", async (t) => {
      const opened = await open(t);
      const { client, chat } = opened;
      const connection = await ask(opened, [START, ...stepOf(["pay"]), approvalRequest(1), finish("tool-calls")]);

      void chat.addToolApprovalResponse({ id: callId(1), approved: true });
      const frame = await connection.frame("send", 1);
      connection.chunks(frame, [START, approvalRequest(1)]);
      await connection.answered(client);

      assert.deepEqual(statesOf(chat), ["approval-responded"]);
      const answers = ANSWERED.filter(({ toolCallId }) => toolCallId !== callId(2));
      connection.chunks(frame, answers, 2);
      await shows(chat, "Done.");
      assert.deepEqual(statesOf(chat), ["output-available"]);
    });

    it("that were answered on another device go on here as well", async (t) => {
      const opened = await open(t, { handlers: { sendAutomaticallyWhen: undefined } });
      const { chat } = opened;
      const connection = await ask(opened, ASKING);

      const resumed = chat.resumeStream();
      connection.chunks(await connection.frame("resume"), [...ASKING.slice(0, -1), ...ANSWERED]);
      await resumed;

      assert.deepEqual([chat.messages.length, textOf(chat.lastMessage)], [2, "Done."]);
      assert.deepEqual(statesOf(chat), ["output-available", "output-available"]);
    });

    it("whose reply was lost in mid-answer go on with what is new", async (t) => {
      const opened = await open(t);
      const { server, chat } = opened;
      const connection = await ask(opened, [START, ...stepOf(["pay"]), ASKING.at(-2), finish("tool-calls")]);
      const answers = ANSWERED.filter(({ toolCallId }) => toolCallId !== callId(2));
      void chat.addToolApprovalResponse({ id: callId(1), approved: true });
      connection.chunks(await connection.frame("send", 1), [START, ...answers.slice(0, 2)]);
      await within(20, () => statesOf(chat).join() === "output-available", "the output");

      connection.cut();
      const second = await server.connection(1);
      second.chunks(await second.frame("resume"), [START, ...stepOf(["pay"]), ASKING.at(-2), ...answers]);

      await shows(chat, "Done.");
      assert.deepEqual([chat.error, chat.messages.length], [undefined, 2]);
    });
  });
}
