// What OpenAI's Responses alone have, at a server that another team has written.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { startLocalStack } from "../stock_transport/local-stack.js";
import { openSocketOfAlice } from "../stock_transport/raw-socket.js";
import { startTools } from "../stock_transport/tools.js";
import { PROTOCOLS } from "./protocols.js";
import { startRecorder } from "./recorder.js";
import { turn } from "./turn.js";

const { variables } = PROTOCOLS.find(({ name }) => name === "OpenAI's Responses");

describe("a reasoning model by OpenAI's Responses", () => {
  let server, recorder, tools, stack;
  before(async () => {
    server = await LLMock.create({ port: 0, chunkSize: 7 });
    const call = { name: "lookup", arguments: JSON.stringify({ n: "one" }) };
    server.onTurn(0, "Look one up.", { reasoning: "Which one?", toolCalls: [call] });
    server.onTurn(1, "Look one up.", { reasoning: "This one.", content: "There is one." });
    recorder = await startRecorder(server.url);
    tools = await startTools();
    const AGENTS = JSON.stringify([{ id: "a", name: "A", instructions: "Be kind.", reasoning_effort: "low" }]);
    stack = await startLocalStack({ variables: { TITLES: "words", ...tools.variables, ...variables(recorder.url), AGENTS } });
  });
  after(async () => {
    await stack?.stop();
    await tools?.stop();
    await recorder?.stop();
    await server?.stop();
  });

  it("gets its encrypted reasoning back while its call is answered, and nothing is stored there", async (t) => {
    const { text, reasoning } = await turn(await openSocketOfAlice(t, stack), "encrypted", "Look one up.");

    assert.equal(text, "There is one.");
    assert.equal(reasoning, "Which one?This one.");
    const [first, second] = recorder.bodies;
    for (const { store, include, instructions, reasoning } of [first, second]) {
      assert.equal(store, false);
      assert.deepEqual(include, ["reasoning.encrypted_content"]);
      assert.equal(instructions, "Be kind.");
      assert.deepEqual(reasoning, { effort: "low", summary: "auto" });
    }
    const kinds = second.input.map(({ type }) => type);
    assert.deepEqual(kinds, ["message", "reasoning", "function_call", "function_call_output"]);
    const returned = second.input[1];
    assert.ok(returned.encrypted_content, JSON.stringify(returned));
    assert.deepEqual(returned.summary, [{ type: "summary_text", text: "Which one?" }]);
  });
});
