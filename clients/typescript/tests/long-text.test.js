import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { newId } from "@natter/client";
import { startLocalStack } from "../../../tests/stock_transport/local-stack.js";
import { script } from "../../../tests/stock_transport/scripted-model.js";
import { openClient, openFragileClient } from "./a-client.js";
import { read } from "./reading.js";
import { chunksOf } from "./scripted-server.js";
import { assertReads, sent } from "./scripted-turn.js";

/** 200 KB, of which much takes more bytes as JSON, and characters of every length. */
const LONG = 'She said: "naïve",\n世界 👩‍👩‍👧 … '.repeat(4_000);

/** As much as a frame is filled with. */
const FILLED = 30 * 1024;

const bytesOf = (text) => new Blob([text]).size;

describe("a text that is longer than a frame", { concurrency: true }, () => {
  // The pieces that came before a `send`, and what it brings: each with the name of that request.
  const assertBrings = ({ frames }, send, text) => {
    const parts = frames.filter(({ type, requestId }) => type === "text-part" && requestId === send.requestId);
    assert.deepEqual(
      parts.map(({ index }) => index),
      parts.map((_, place) => place),
    );
    assert.equal(send.body.textParts, parts.length);
    assert.ok([...parts, send].every((frame) => bytesOf(JSON.stringify(frame)) <= FILLED));
    assert.ok(frames.indexOf(parts.at(-1)) < frames.indexOf(send), "the pieces go out first");
    const whole = [...parts.map(({ text }) => text), ...send.messages[0].parts.map(({ text }) => text)].join("");
    assert.ok(whole === text, "it is the text, character by character");
    return parts.length;
  };

  it("goes out in as few pieces as it takes, with what is left of it behind them", async (t) => {
    const { reader, connection, frame } = await sent(t, { text: LONG, body: { model: "small" } });

    const count = assertBrings(connection, frame, LONG);

    assert.equal(count, Math.floor(bytesOf(JSON.stringify(LONG)) / (FILLED - 100)));
    assert.deepEqual([frame.body.model, frame.messages[0].id], ["small", "q1"]);
    connection.chunks(frame, chunksOf("All of it."));
    await assertReads(reader, "All of it.");
  });

  it("that fits one goes out in one", async (t) => {
    const text = "x".repeat(FILLED - 300);
    const { connection, frame } = await sent(t, { text });

    assert.equal(connection.frames.length, 1);
    assert.deepEqual([frame.body, frame.messages[0].parts[0].text], [{}, text]);
  });

  it("of each length near the edge of a frame arrives whole", async (t) => {
    for (const length of [FILLED - 150, FILLED, 32_768, 2 * FILLED - 150, 2 * FILLED]) {
      for (const character of ["x", "é", "👩", "\\", "\u0001"]) {
        const text = `-${character.repeat(Math.floor(length / bytesOf(JSON.stringify(character).slice(1, -1))))}`;
        const { connection, frame } = await sent(t, { text });
        if (connection.frames.length > 1) assertBrings(connection, frame, text);
        else assert.equal(frame.messages[0].parts[0].text, text);
      }
    }
  });

  it("goes out again, all of it, when the connection is lost before an answer", async (t) => {
    const { server, reader, connection } = await sent(t, { text: LONG });

    connection.cut();
    const second = await server.connection(1);
    const again = await second.frame("send");

    assertBrings(second, again, LONG);
    assert.equal(again.messages[0].id, "q1", "the server knows the message by its id");
    second.chunks(again, chunksOf("Once."));
    await assertReads(reader, "Once.");
  });

  it("goes out again when a piece was lost on its way", async (t) => {
    const { reader, connection, frame } = await sent(t, { text: LONG });

    const error = { code: "invalid_frame", errorText: "A piece is missing.", details: { field: "body.textParts" } };
    connection.send({ type: "error", requestId: frame.requestId, ...error });
    const again = await connection.frame("send", 1);

    assertBrings(connection, again, LONG);
    connection.chunks(again, chunksOf("Now."));
    await assertReads(reader, "Now.");
  });
});

describe("a text of 200 KB at the local stack", { concurrency: true }, () => {
  let stack;
  before(async () => (stack = await startLocalStack()));
  after(() => stack.stop());

  const stored = async (client, conversationId) => {
    const texts = [];
    for await (const messages of client.conversations.history(conversationId)) {
      texts.unshift(...messages.map(({ parts }) => parts.map(({ text }) => text).join("")));
    }
    return texts;
  };

  // White space behind a script is part of the message.
  const longScript = (steps) => `${script(steps)}${" \n".repeat(100_000)}`;

  it("is answered, and read back and exported whole", async (t) => {
    const client = openClient(t, stack);
    const conversationId = newId();
    const text = script({ text: LONG, rate: 0, chunk: 1_000 });

    const reader = read(client.send({ conversationId, text }));

    await assertReads(reader, LONG);
    assert.deepEqual(await stored(client, conversationId), [text, LONG]);
    const file = JSON.parse((await client.conversations.export(conversationId, "json")).text);
    assert.equal(file.messages[0].parts[0].text, text);
    const markdown = await client.conversations.export(conversationId, "markdown");
    assert.ok(markdown.text.includes(text));
  });

  it("is stored and answered once, although the connection is lost right behind it", async (t) => {
    const { client, cut } = openFragileClient(t, stack);
    const conversationId = newId();
    const text = longScript({ text: "Once.", firstTokenMs: 1_000 });
    const reader = read(client.send({ conversationId, text }));

    await cut();

    await assertReads(reader, "Once.");
    assert.deepEqual(await stored(client, conversationId), [text, "Once."]);
  });

  it("goes on in a conversation, behind what is named before it", async (t) => {
    const client = openClient(t, stack);
    const conversationId = newId();
    await assertReads(read(client.send({ conversationId, text: longScript({ text: "One." }) })), "One.");
    const before = (await client.conversations.get(conversationId)).messages;
    const message = { id: newId(), role: "user", parts: [{ type: "text", text: longScript({ text: "Two." }) }] };
    const opening = { trigger: "submit-message", message, before };

    await assertReads(read(client.start({ conversationId, opening })), "Two.");

    assert.equal((await stored(client, conversationId)).length, 4);
  });

  it("is edited into another of its kind", async (t) => {
    const client = openClient(t, stack);
    const message = { conversationId: newId(), messageId: newId() };
    const [first, second] = ["One.", "Two."].map((reply) => longScript({ text: reply }));
    await assertReads(read(client.send({ ...message, text: first })), "One.");

    await assertReads(read(client.send({ ...message, replaces: message.messageId, text: second })), "Two.");

    assert.deepEqual(await stored(client, message.conversationId), [second, "Two."]);
  });
});
