import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "./local-stack.js";
import { openSocket } from "./raw-socket.js";
import { script } from "./scripted-model.js";
import { ask, openChat, textOf } from "./stock-client.js";

describe("a connection", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  it("may have its token as a subprotocol, which is not echoed", async (t) => {
    const protocols = ["chat", `bearer.${await stack.token("alice")}`];

    const chat = openChat(t, stack, { protocols, params: undefined });
    assert.equal(textOf(await ask(chat, script({ text: "Welcome." }))), "Welcome.");

    const socket = await openSocket(t, stack, { protocols });
    assert.equal(socket.protocol, "chat");
  });

  it("without a token is rejected", async (t) => {
    await assert.rejects(openSocket(t, stack), /refused with 401/);
  });

  it("with an unsigned token is rejected", async (t) => {
    const [header, claims] = (await stack.token("alice")).split(".");
    const token = `${header}.${claims}.${"A".repeat(43)}`;

    await assert.rejects(openSocket(t, stack, { token }), /refused with 401/);
  });

  it("with an expired token is rejected", async (t) => {
    const token = await stack.token("alice", -3600);

    await assert.rejects(openSocket(t, stack, { token }), /refused with 401/);
  });

  it("that is rejected is an error of the chat", async (t) => {
    const chat = openChat(t, stack, { params: { token: "not.a.token" } });

    await chat.sendMessage({ text: "Hello?" });

    assert.equal(chat.status, "error");
  });
});
