import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import { within } from "../../../tests/stock_transport/waiting.js";
import { openChat, textOf, VERSIONS } from "./chat.js";
import { chunksOf, openClient, startServer } from "./scripted-server.js";

for (const [version, ai] of Object.entries(VERSIONS)) {
  const open = async (t) => {
    const server = await startServer(t);
    const { client } = openClient(t, server);
    const transport = new NatterChatTransport({ client });
    const chat = openChat(t, ai, undefined, { transport, id: "c1" });
    return { server, client, transport, chat };
  };
  /** Loses the connection of a reply that is shown in part, which another attempt then writes differently. */
  const rewriteReply = async ({ server, chat }) => {
    const sent = chat.sendMessage({ text: "Hello?" });
    const first = await server.connection(0);
    first.chunks(await first.frame("send"), chunksOf("One two three.").slice(0, 4));
    await within(20, () => textOf(chat.lastMessage) === "One two ", "the beginning");

    first.cut();
    const second = await server.connection(1);
    second.chunks(await second.frame("resume"), chunksOf("One too many.").slice(0, 4));
    await sent;
    return second;
  };

  describe(`a chat of ${version} that is followed`, { concurrency: true }, () => {
    const shows = (chat, ...texts) =>
      within(
        20,
        () => chat.status === "ready" && JSON.stringify(chat.messages.map(textOf)) === JSON.stringify(texts),
        () => `${texts}, not ${chat.messages.map(textOf)}`,
      );

    it("shows a reply that was asked for elsewhere, and after it is let go none", async (t) => {
      const { server, client, transport, chat } = await open(t);
      const letGo = transport.follow(chat);
      client.connect();
      const connection = await server.connection(0);

      for (const id of ["c2", "c1"]) connection.send({ type: "notice", requestId: "-", notice: "turn-started", id, messageId: "m1" });
      const frame = await connection.frame("resume");
      connection.chunks(frame, chunksOf("From elsewhere."));
      await shows(chat, "From elsewhere.");
      letGo();
      connection.send({ type: "notice", requestId: "-", notice: "turn-started", id: "c1", messageId: "m2" });
      await connection.answered(client);

      assert.equal(frame.id, "c1");
      assert.equal(connection.frames.filter(({ type }) => type === "resume").length, 1);
    });

    it("waits with that until its own reply has ended", async (t) => {
      const { server, transport, chat } = await open(t);
      transport.follow(chat);
      const sent = chat.sendMessage({ text: "Hello?" });
      const connection = await server.connection(0);
      const frame = await connection.frame("send");
      connection.chunks(frame, chunksOf("Mine.").slice(0, 2));
      connection.send({ type: "notice", requestId: "-", notice: "turn-started", id: "c1", messageId: "m2" });
      await connection.answered(transport.client);
      assert.equal(
        connection.frames.some(({ type }) => type === "resume"),
        false,
      );

      connection.chunks(frame, chunksOf("Mine.").slice(2), 2);
      await sent;
      connection.chunks(await connection.frame("resume"), chunksOf("Theirs.", "m2"));

      await shows(chat, "Hello?", "Mine.", "Theirs.");
    });

    it("restarts a reply that another attempt wrote differently", async (t) => {
      const { server, transport, chat } = await open(t);
      transport.follow(chat);

      const second = await rewriteReply({ server, chat });
      second.chunks(await second.frame("resume", 1), chunksOf("One too many."));

      await shows(chat, "Hello?", "One too many.");
    });
  });

  it(`a chat of ${version} that resumes a reply again while it is shown does not stop it`, async (t) => {
    const { server, client, chat } = await open(t);
    const first = chat.resumeStream();
    const connection = await server.connection(0);
    connection.chunks(await connection.frame("resume"), chunksOf("One two three.").slice(0, 4));
    await within(20, () => chat.messages.map(textOf).join() === "One two ", "the beginning");

    const second = chat.resumeStream();
    connection.chunks(await connection.frame("resume", 1), chunksOf("One two three."));
    await Promise.race([first, second]);
    await within(20, () => chat.messages.map(textOf).join() === "One two three.", "the whole reply");
    await connection.answered(client);

    assert.equal(
      connection.frames.some(({ type }) => type === "abort"),
      false,
    );
  });

  it(`a chat of ${version} that is stopped while it shows a reply of elsewhere stops it`, async (t) => {
    const { server, chat } = await open(t);
    const shown = chat.resumeStream();
    const connection = await server.connection(0);
    const frame = await connection.frame("resume");
    connection.chunks(frame, chunksOf("One two three.").slice(0, 4));
    await within(20, () => chat.messages.map(textOf).join() === "One two ", "the beginning");

    await chat.stop();
    const { requestId } = await connection.frame("abort");
    await shown;

    assert.equal(requestId, frame.requestId);
  });

  it(`a chat of ${version} that is not followed reports that its reply is rewritten, and resumes it on request`, async (t) => {
    const { server, chat } = await open(t);

    const second = await rewriteReply({ server, chat });
    assert.equal(chat.error.code, "rewritten");
    const resumed = chat.resumeStream();
    second.chunks(await second.frame("resume", 1), chunksOf("One too many."));
    await resumed;

    assert.equal(chat.error, undefined);
    assert.deepEqual(chat.messages.map(textOf), ["Hello?", "One too many."]);
  });
}
