import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { openSocketOfAlice } from "./raw-socket.js";

const message = (text) => ({ id: "m1", role: "user", parts: [{ type: "text", text }] });
const send = (fields) => ({
  type: "send",
  requestId: "r1",
  id: "c1",
  trigger: "submit-message",
  messages: [message("Hello.")],
  headers: {},
  body: {},
  ...fields,
});

// A frame, and the request that its refusal belongs to; “-” where it names none.
const REFUSED = [
  ["of text that is not JSON", "{", "-"],
  ["of JSON that is no object", "[]", "-"],
  ["without a type", { requestId: "r1" }, "r1"],
  ["of a type that nobody knows", { type: "shout", requestId: "r1" }, "r1"],
  ["without a requestId", { type: "ping" }, "-"],
  ["with a requestId that is a number", { type: "ping", requestId: 7 }, "-"],
  ["to send without a conversation", send({ id: undefined }), "r1"],
  ["to send with an unknown trigger", send({ trigger: "whisper" }), "r1"],
  ["to send without messages", send({ messages: undefined }), "r1"],
  ["to send an empty list of messages", send({ messages: [] }), "r1"],
  ["to send a message that is not the user's", send({ messages: [{ ...message("Hi."), role: "assistant" }] }), "r1"],
  ["to send a text that is a number", send({ messages: [message(7)] }), "r1"],
  ["to send an empty text", send({ messages: [message(" \n")] }), "r1"],
  ["to resume without a conversation", { type: "resume", requestId: "r1" }, "r1"],
];

describe("a frame", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const isUsable = async (socket) => {
    socket.send({ type: "ping", requestId: "after" });
    assert.equal((await socket.answer("after")).type, "pong");
  };

  // One message may be longer than one WebSocket frame.
  const sendInFragments = (socket, text) => {
    for (let at = 0; at < text.length; at += 30_000) {
      socket.send(text.slice(at, at + 30_000), { fin: at + 30_000 >= text.length });
    }
  };

  for (const [kind, frame, requestId] of REFUSED) {
    it(`${kind} is rejected, and the connection stays open`, async (t) => {
      const socket = await openSocketOfAlice(t, stack);

      socket.send(frame);

      const error = await socket.answer(requestId);
      assert.equal(error.type, "error");
      assert.equal(error.code, "invalid_frame");
      assert.match(error.errorText, /^[A-Z].*\.$/);
      await isUsable(socket);
    });
  }

  it("with a text over the limit is rejected with that limit", async (t) => {
    const socket = await openSocketOfAlice(t, stack);

    for (let index = 0; index < 9; index++) {
      socket.send({ type: "text-part", requestId: "r1", index, text: "x".repeat(30_000) });
    }
    socket.send(send({ body: { textParts: 9 } }));

    const error = await socket.answer("r1");
    assert.equal(error.code, "message_too_large");
    assert.equal(error.details.limit, 262_144);
    await isUsable(socket);
  });

  it("over 32 KB ends the connection as API Gateway does, with 1009", async (t) => {
    const socket = await openSocketOfAlice(t, stack);

    socket.send("x".repeat(33_000));

    assert.equal(await socket.closed(), 1009);
  });

  it("of several WebSocket fragments over 128 KB ends it likewise", async (t) => {
    const socket = await openSocketOfAlice(t, stack);

    sendInFragments(socket, "x".repeat(150_000));

    assert.equal(await socket.closed(), 1009);
  });

  it("of bytes ends the connection as API Gateway does, with 1003", async (t) => {
    const socket = await openSocketOfAlice(t, stack);

    socket.send(Buffer.from([1, 2, 3]));

    assert.equal(await socket.closed(), 1003);
  });
});
