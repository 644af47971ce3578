import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { startLocalStack } from "../stock_transport/local-stack.js";
import { openSocketOfAlice } from "../stock_transport/raw-socket.js";
import { PROTOCOLS } from "./protocols.js";
import { startRecorder } from "./recorder.js";
import { turn } from "./turn.js";

const REPLY = "A lighthouse shows ships the way — ⚓ at night, and by day. ".repeat(20);

/** In the words of all protocols. */
const USAGE = { prompt_tokens: 12, completion_tokens: 340, input_tokens: 12, output_tokens: 340 };

for (const { name, variables, nonsense } of PROTOCOLS) {
  describe(`a server of ${name}`, () => {
    let server, recorder, stack;
    before(async () => {
      server = await LLMock.create({ port: 0, chunkSize: 7 });
      server.onMessage("What is a lighthouse for?", { content: REPLY, usage: USAGE });
      server.onMessage("And who keeps it?", { content: "The keeper does." });
      server.onMessage("Think first.", { reasoning: "Thinking aloud.", content: "Thought." });
      server.onMessage("Break off.", { content: REPLY }, { latency: 20, truncateAfterChunks: 10 });
      recorder = await startRecorder(server.url);
      stack = await startLocalStack({ variables: { TITLES: "words", ...variables(recorder.url) } });
    });
    afterEach(() => server.clearChaos());
    after(async () => {
      await stack?.stop();
      await recorder?.stop();
      await server?.stop();
    });

    it("answers a conversation and receives its whole history", async (t) => {
      const socket = await openSocketOfAlice(t, stack);
      const first = await turn(socket, "conversation", "What is a lighthouse for?");
      assert.equal(first.text, REPLY);
      assert.equal(first.metadata.usage.inputTokens, 12);
      assert.equal(first.metadata.usage.outputTokens, 340);
      assert.equal((await turn(socket, "conversation", "And who keeps it?")).text, "The keeper does.");
      const { messages } = server.getLastRequest().body;
      const said = messages.filter(({ role }) => role !== "system").map(({ role }) => role);
      assert.deepEqual(said, ["user", "assistant", "user"]);
    });

    it("streams reasoning, which is not part of its reply", async (t) => {
      const socket = await openSocketOfAlice(t, stack);
      const { reasoning, text } = await turn(socket, "thinking", "Think first.");
      assert.deepEqual({ reasoning, text }, { reasoning: "Thinking aloud.", text: "Thought." });
    });

    it("that breaks off leaves the partial text", async (t) => {
      const socket = await openSocketOfAlice(t, stack);
      const { text, code } = await turn(socket, "broken", "Break off.");
      assert.equal(code, "interrupted");
      assert.ok(text.length > 0 && text.length < REPLY.length && REPLY.startsWith(text));
    });

    for (const [chaos, code] of [
      [{ rateLimitRate: 1 }, "model_overloaded"],
      [{ dropRate: 1 }, "model_unavailable"],
      [{ malformedRate: 1 }, nonsense],
      [{ disconnectRate: 1 }, "model_unavailable"],
    ]) {
      it(`that answers only ${Object.keys(chaos)[0]} is reported as ${code}`, async (t) => {
        const socket = await openSocketOfAlice(t, stack);
        server.setChaos(chaos);
        assert.equal((await turn(socket, `all-${code}`, "What is a lighthouse for?")).code, code);
      });
    }

    it("that fails randomly is retried, and no reply is cut or duplicated", async (t) => {
      const socket = await openSocketOfAlice(t, stack);
      server.setChaos({ dropRate: 0.15, rateLimitRate: 0.15, disconnectRate: 0.15 });
      const several = async (lane) => {
        const turns = [];
        for (let number = 0; number < 5; number += 1) {
          turns.push(await turn(socket, `chaos-${lane}-${number}`, "What is a lighthouse for?"));
        }
        return turns;
      };
      const turns = (await Promise.all([1, 2, 3, 4].map(several))).flat();
      for (const { text, code } of turns) assert.equal(text, code ? "" : REPLY, code);
      assert.ok(turns.some(({ code }) => !code));
    });
  });
}
