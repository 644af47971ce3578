import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local_stack.js";
import { openSocketOfAlice } from "./raw_socket.js";

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

// What a frame is, and the request that its refusal belongs to; “-” where it names none.
const REFUSED = [
  ["text that is not JSON", "{", "-"],
  ["JSON that is no object", "[]", "-"],
  ["no type", { requestId: "r1" }, "r1"],
  ["a type that nobody knows", { type: "shout", requestId: "r1" }, "r1"],
  ["no requestId", { type: "ping" }, "-"],
  ["a requestId that is a number", { type: "ping", requestId: 7 }, "-"],
  ["a send without conversation", send({ id: undefined }), "r1"],
  ["a send with an unknown trigger", send({ trigger: "whisper" }), "r1"],
  ["a send without messages", send({ messages: undefined }), "r1"],
  ["a send with no message", send({ messages: [] }), "r1"],
  ["a send whose last message is not the user's", send({ messages: [{ ...message("Hi."), role: "assistant" }] }), "r1"],
  ["a send with text that is a number", send({ messages: [message(7)] }), "r1"],
  ["a send with an empty text", send({ messages: [message(" \n")] }), "r1"],
  ["a resume without conversation", { type: "resume", requestId: "r1" }, "r1"],
];

describe("a frame", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const isUsable = async (socket) => {
    socket.send({ type: "ping", requestId: "after" });
    assert.equal((await socket.answer("after")).type, "pong");
  };

  for (const [kind, frame, requestId] of REFUSED) {
    it(`that is ${kind} is refused, and the connection goes on`, async (t) => {
      const socket = await openSocketOfAlice(t, stack);

      socket.send(frame);

      const error = await socket.answer(requestId);
      assert.equal(error.type, "error");
      assert.equal(error.code, "invalid_frame");
      assert.match(error.errorText, /^[A-Z].*\.$/);
      await isUsable(socket);
    });
  }

  it("with a text over the limit is refused with that limit, and the connection goes on", async (t) => {
    const socket = await openSocketOfAlice(t, stack);
    const json = JSON.stringify(send({ messages: [message("x".repeat(110_000))] }));

    // A message of several frames may be longer than one frame.
    for (let at = 0; at < json.length; at += 30_000) {
      socket.send(json.slice(at, at + 30_000), { fin: at + 30_000 >= json.length });
    }

    const error = await socket.answer("r1");
    assert.equal(error.code, "message_too_large");
    assert.ok(error.details.limit < 110_000);
    await isUsable(socket);
  });

  it("over 32 KB ends the connection as API Gateway does, with 1009", async (t) => {
    const socket = await openSocketOfAlice(t, stack);

    socket.send("x".repeat(33_000));

    assert.equal(await socket.closed(), 1009);
  });

  it("of bytes ends the connection as API Gateway does, with 1003", async (t) => {
    const socket = await openSocketOfAlice(t, stack);

    socket.send(Buffer.from([1, 2, 3]));

    assert.equal(await socket.closed(), 1003);
  });
});
