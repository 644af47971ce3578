// Replies that call tools, and wait for answers.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read } from "./reading.js";
import { openClient, startServer } from "./scripted-server.js";
import { CONVERSATION, endWhileAway, sent } from "./scripted-turn.js";
import {
  ANSWERED,
  approvalRequest,
  approvalResponse,
  ASKING,
  callId,
  finish,
  output,
  sayStep,
  START,
  stepOf,
  toolPart,
} from "./tool-chunks.js";
import { within } from "../../../tests/stock_transport/waiting.js";

const ANSWERS = [
  { toolCallId: callId(1), approved: true, reason: "As you like." },
  { toolCallId: callId(2), output: { shown: true } },
];
const typesOf = (chunks) => chunks.map(({ type }) => type);
const withIds = (chunks) => chunks.map((chunk) => ("id" in chunk ? { ...chunk, id: "0" } : chunk));
const ended = (parts, metadata) => ({ id: "m1", role: "assistant", parts, metadata });
const PAID = [
  { type: "step-start" },
  toolPart("pay", 1, {
    state: "output-available",
    output: "paid",
    approval: { id: callId(1), approved: true },
    providerExecuted: true,
  }),
  toolPart("show", 2, { state: "output-available", output: { shown: true } }),
  { type: "step-start" },
  { type: "text", text: "Done." },
];

/** A client that has answered a reply, and the frame that came. */
async function answered(t, options) {
  const server = await startServer(t);
  const { client } = openClient(t, server);
  const turn = client.answer({ ...CONVERSATION, messageId: "m1", answers: ANSWERS, ...options });
  const reader = read(turn);
  const connection = await server.connection(0);
  return { server, client, turn, reader, connection, frame: await connection.frame("send") };
}
const arrived = (reader, count) => within(20, () => reader.chunks.length === count, `${count} chunks`);

describe("a reply with calls of tools", { concurrency: true }, () => {
  it("gives them as they are", async (t) => {
    const { reader, connection, frame } = await sent(t);
    connection.chunks(frame, ASKING);

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks], [undefined, ASKING]);
  });

  for (const [how, status, metadata, end] of [
    ["waits", "waiting", {}, finish("tool-calls")],
    ["was stopped while it asked its client", "stopped", {}, finish("interrupted")],
  ]) {
    it(`that ${how} is finished with what is stored`, async (t) => {
      const { server, reader, connection, frame } = await sent(t);
      connection.chunks(frame, ASKING.slice(0, 4));
      await arrived(reader, 4);

      const parts = [
        { type: "step-start" },
        toolPart("pay", 1, { state: "approval-requested", approval: { id: callId(1) } }),
        toolPart("show", 2, { state: "input-available" }),
      ];
      await endWhileAway({ server, connection }, ended(parts, { status, ...metadata }));

      await reader.ended;
      const { finishReason } = reader.chunks.at(-1);
      assert.deepEqual([reader.error, reader.restarts, finishReason], [undefined, 0, end.finishReason]);
      const announced = ({ type, toolCallId }) => type === "tool-input-start" && toolCallId === callId(2);
      assert.deepEqual(
        reader.chunks.slice(0, -1),
        ASKING.slice(0, -1).filter((chunk) => !announced(chunk)),
      );
    });
  }

  it("is finished with what is stored, in whatever order its calls have ended", async (t) => {
    const { server, reader, connection, frame } = await sent(t);
    const begun = [START, ...stepOf(["a", true], ["b", true]), output(2)];
    connection.chunks(frame, begun);
    await arrived(reader, begun.length);

    const call = (name, number) => toolPart(name, number, { state: "output-available", output: "done", providerExecuted: true });
    await endWhileAway({ server, connection }, ended([{ type: "step-start" }, call("a", 1), call("b", 2)], { status: "complete" }));

    await reader.ended;
    assert.deepEqual(reader.chunks.slice(0, -1), [...begun, output(1)]);
  });

  it("is put together from pages that are cut in the middle of a call", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const asked = toolPart("pay", 1, { state: "output-error", errorText: "Broken off.", approval: { id: callId(1), approved: true } });
    const became = { ...toolPart("pay", 1, { state: "output-available", output: "paid" }), input: null };
    const pages = [
      { messages: [ended([became, { type: "text", text: "Done." }])], nextCursor: "p2" },
      { messages: [ended([{ type: "step-start" }, asked])] },
    ];

    const history = client.conversations.history("c1").next();
    const connection = await server.connection(0);
    for (const [number, data] of pages.entries()) {
      const { requestId } = await connection.frame("conversations.get", number);
      connection.send({ type: "result", requestId, data });
    }

    const [{ parts }] = (await history).value;
    const [, call] = parts;
    assert.deepEqual(typesOf(parts), ["step-start", "tool-pay", "text"]);
    assert.deepEqual([call.state, call.output, call.input, call.approval.approved], ["output-available", "paid", {}, true]);
  });
});

describe("answers to calls", { concurrency: true }, () => {
  it("are sent as the protocol has it, and only what is new comes", async (t) => {
    const { reader, connection, frame } = await answered(t, { alwaysAllow: [callId(1)], body: { model: "large" } });
    connection.chunks(frame, [START, ...ANSWERED]);

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks], [undefined, withIds([START, ...ANSWERED])]);
    const { requestId, ...rest } = frame;
    assert.deepEqual(rest, {
      type: "send",
      id: "c1",
      trigger: "submit-message",
      messageId: "m1",
      messages: [
        {
          id: "m1",
          role: "assistant",
          parts: [
            {
              type: "dynamic-tool",
              toolCallId: callId(1),
              state: "approval-responded",
              approval: { id: callId(1), approved: true, reason: "As you like." },
            },
            { type: "dynamic-tool", toolCallId: callId(2), state: "output-available", output: { shown: true } },
          ],
        },
      ],
      headers: {},
      body: { model: "large", alwaysAllow: [callId(1)] },
    });
  });

  it("are sent again if the connection is lost before they were acknowledged", async (t) => {
    const { server, reader, connection } = await answered(t);
    connection.cut();
    const second = await server.connection(1);
    second.chunks(await second.frame("send"), [START, ...ANSWERED]);

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks], [undefined, withIds([START, ...ANSWERED])]);
  });

  it("are followed by what is new of the whole reply after the connection was lost", async (t) => {
    const { server, reader, connection, frame } = await answered(t);
    connection.chunks(frame, [START, ...ANSWERED.slice(0, 2)]);
    await arrived(reader, 3);
    connection.cut();
    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), [...ASKING.slice(0, -1), ...ANSWERED]);

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks], [undefined, withIds([START, ...ANSWERED])]);
  });

  it("are followed by what is stored if the reply has ended meanwhile", async (t) => {
    const { server, reader, connection, frame } = await answered(t);
    connection.chunks(frame, [START, ...ANSWERED.slice(0, 3)]);
    await arrived(reader, 4);
    await endWhileAway({ server, connection }, ended(PAID, { status: "complete" }));

    await reader.ended;
    assert.deepEqual([reader.error, reader.shown, reader.restarts], [undefined, "Done.", 0]);
    assert.deepEqual(typesOf(reader.chunks), typesOf([START, ...ANSWERED]));
  });

  it("are followed by no request for approval that their reader has, of whichever call", async (t) => {
    const { server, reader, connection, frame } = await answered(t, {
      answers: [1, 3].map((n) => ({ toolCallId: callId(n), approved: true })),
    });
    const news = [approvalResponse(1), approvalResponse(3), output(1), output(3), ...sayStep("Done."), finish()];
    connection.chunks(frame, [START, approvalRequest(3), ...news.slice(0, 3)]);
    await arrived(reader, 4);
    connection.cut();
    const second = await server.connection(1);
    const asked = [approvalRequest(1), { type: "tool-output-error", toolCallId: callId(2), errorText: "No." }, approvalRequest(3)];
    second.chunks(await second.frame("resume"), [START, ...stepOf(["pay"], ["look", true], ["pay"]), ...asked, ...news]);

    await reader.ended;
    assert.deepEqual([reader.error, reader.restarts, reader.shown], [undefined, 0, "Done."]);
    assert.deepEqual(
      typesOf(reader.chunks).filter((type) => type === "tool-approval-request"),
      [],
    );
  });

  it("that another device has given are followed by the reply that goes on", async (t) => {
    const { reader, connection, frame } = await answered(t);
    const busy = { type: "error", code: "conversation_busy", errorText: "It goes on.", details: { messageId: "m1" } };
    connection.send({ ...busy, requestId: frame.requestId });
    connection.chunks(await connection.frame("resume"), [...ASKING.slice(0, -1), ...ANSWERED]);

    await reader.ended;
    assert.deepEqual([reader.error, reader.chunks], [undefined, withIds([START, ...ANSWERED])]);
  });

  it("to a conversation that is busy otherwise fail", async (t) => {
    const { reader, connection, frame } = await answered(t);
    connection.send({ type: "error", code: "conversation_busy", errorText: "It is busy.", requestId: frame.requestId });

    await reader.ended;
    assert.equal(reader.error.code, "conversation_busy");
  });

  it("of which others are missing end at once", async (t) => {
    const { reader, connection, frame } = await answered(t, { answers: [{ toolCallId: callId(2), errorText: "No." }] });
    assert.deepEqual(frame.messages[0].parts, [{ type: "dynamic-tool", toolCallId: callId(2), state: "output-error", errorText: "No." }]);
    connection.chunks(frame, [START, finish("tool-calls")]);

    await reader.ended;
    assert.deepEqual(reader.chunks, [START, finish("tool-calls")]);
  });

  it("that do not fit a frame fail with the frame's limit, before they are sent", async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const answers = [{ toolCallId: callId(2), output: "x".repeat(40_000) }];
    const reader = read(client.answer({ ...CONVERSATION, messageId: "m1", answers }));

    await reader.ended;
    assert.equal(reader.error.code, "message_too_large");
    assert.equal(reader.error.details.limit, 32_768);
  });
});
