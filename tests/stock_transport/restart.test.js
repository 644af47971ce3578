import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { it } from "node:test";
import { newDataFolder, startLocalStack } from "./local-stack.js";
import { script } from "./scripted-model.js";
import { ask, openChat, promptOf } from "./stock-client.js";

it("a conversation survives a restart of everything", async (t) => {
  const data = await newDataFolder();
  t.after(() => rm(data, { recursive: true, force: true }));
  const [before, afterwards] = [script({ text: "Noted." }), script({ text: "I remember." })];

  const first = await startLocalStack({ data });
  const chat = openChat(t, first);
  await ask(chat, before);
  await chat.dispose();
  await first.stop();

  const second = await startLocalStack({ data });
  t.after(() => second.stop());
  await ask(openChat(t, second, { id: chat.id }), afterwards);

  const call = await second.modelCall(afterwards);
  assert.deepEqual(promptOf(call), [`user: ${before}`, "assistant: Noted.", `user: ${afterwards}`]);
});
