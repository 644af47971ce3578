// A turn whose server does what the test says.
import assert from "node:assert/strict";
import { within } from "../../../tests/stock_transport/waiting.js";
import { read } from "./reading.js";
import { openClient, startServer } from "./scripted-server.js";

/** The conversation of these tests. */
export const CONVERSATION = { conversationId: "c1" };

/** What is asked in it. */
export const question = { ...CONVERSATION, text: "Hello?", messageId: "q1" };

/** A client that has sent a message, the first connection, and the frame that came over it. */
export async function sent(t, { options, ...more } = {}) {
  const server = await startServer(t);
  const { client } = openClient(t, server, options);
  const turn = client.send({ ...question, ...more });
  const reader = read(turn);
  const connection = await server.connection(0);
  return { server, client, turn, reader, connection, frame: await connection.frame("send") };
}

/** Waits until the reader shows exactly `text`. */
export const shows = (reader, text) =>
  within(
    20,
    () => reader.shown === text,
    () => `“${text}”, not “${reader.shown}”`,
  );

/** Waits until the reply has ended, and that it went well. */
export const assertReads = async (reader, text, restarts = 0) => {
  await reader.ended;
  assert.deepEqual([reader.error, reader.shown, reader.restarts], [undefined, text, restarts]);
};

/** Loses the connection of a reply, which ends meanwhile as `message`. Returns the frame that reads it from the history. */
export const endWhileAway = async ({ server, connection }, message) => {
  connection.cut();
  const second = await server.connection(1);
  second.send({ type: "no-active", requestId: (await second.frame("resume")).requestId });
  const get = await second.frame("conversations.get");
  second.send({ type: "result", requestId: get.requestId, data: { conversation: {}, messages: [message] } });
  return get;
};
