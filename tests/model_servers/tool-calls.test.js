// Turns that call tools of the stack, asked for by a server of each protocol that another team has written.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { startLocalStack } from "../stock_transport/local-stack.js";
import { openSocketOfAlice } from "../stock_transport/raw-socket.js";
import { startTools } from "../stock_transport/tools.js";
import { PROTOCOLS } from "./protocols.js";
import { startRecorder } from "./recorder.js";
import { turn } from "./turn.js";

/** A call of `lookup`, as the server writes it, and as a request has it. Its output is `{ tool: "lookup", n }`. */
const lookup = (n) => ({ name: "lookup", arguments: JSON.stringify({ n }) });
const called = (n) => ({ name: "lookup", input: { n } });

for (const { name, variables, hasItems, tools: toolsOf, calls: callsOf, results: resultsOf } of PROTOCOLS) {
  describe(`tools, called by a server of ${name}`, () => {
    let server, recorder, tools, stack;
    before(async () => {
      // Arguments come in several pieces.
      server = await LLMock.create({ port: 0, chunkSize: 3 });
      const answers = (question, ...steps) => {
        let number = 0;
        for (const step of steps) {
          server.onTurn(number, question, step);
          number += hasItems && step.content ? 2 : 1;
        }
      };
      answers("Look one up.", { toolCalls: [lookup("one")] }, { content: "There is one." });
      answers("Look two up.", { toolCalls: [lookup("first"), lookup("second")] }, { content: "There are two." });
      answers(
        "Look them up one after the other.",
        { content: "First this.", toolCalls: [lookup("this")] },
        { toolCalls: [lookup("that"), lookup("and that")] },
        { content: "There are three." },
      );
      server.onMessage("What was it?", { content: "One." });
      recorder = await startRecorder(server.url);
      tools = await startTools();
      stack = await startLocalStack({ variables: { TITLES: "words", ...tools.variables, ...variables(recorder.url) } });
    });
    after(async () => {
      await stack?.stop();
      await tools?.stop();
      await recorder?.stop();
      await server?.stop();
    });

    /** The turn that answers `question` in this conversation, and the bodies of its requests to the server. */
    const ask = async (t, conversation, question) => {
      const before = recorder.bodies.length;
      const answered = await turn(await openSocketOfAlice(t, stack), conversation, question);
      return { ...answered, requests: recorder.bodies.slice(before) };
    };

    /** A request holds exactly these calls, each with an id of its own, and to each its result. */
    const assertHolds = (request, ...expected) => {
      const calls = callsOf(request);
      assert.deepEqual(
        calls.map(({ name, input }) => ({ name, input })),
        expected.map(called),
      );
      assert.equal(new Set(calls.map(({ id }) => id)).size, expected.length);
      assert.deepEqual(
        resultsOf(request),
        calls.map(({ id, input: { n } }) => ({ id, output: { tool: "lookup", n } })),
      );
    };

    it("one: it is executed, and the server is told its result", async (t) => {
      const { text, outputs, requests } = await ask(t, "one", "Look one up.");

      assert.equal(text, "There is one.");
      assert.deepEqual(outputs, [{ tool: "lookup", n: "one" }]);
      assert.equal(tools.called("lookup").filter((n) => n === "one").length, 1);
      assert.equal(requests.length, 2);
      assert.ok(toolsOf(requests[0]).includes("lookup"));
      assertHolds(requests[0]);
      assertHolds(requests[1], "one");
    });

    it("two at once: both are executed, and the server is told both results", async (t) => {
      const { text, outputs, requests } = await ask(t, "two", "Look two up.");

      assert.equal(text, "There are two.");
      assert.deepEqual(outputs.map(({ n }) => n).sort(), ["first", "second"]);
      assert.equal(requests.length, 2);
      assertHolds(requests[1], "first", "second");
    });

    it("in several steps: each request has the calls of all steps before it", async (t) => {
      const { text, requests } = await ask(t, "several", "Look them up one after the other.");

      assert.equal(text, "First this.There are three.");
      assert.equal(requests.length, 3);
      assertHolds(requests[1], "this");
      assertHolds(requests[2], "this", "that", "and that");
    });

    it("in an earlier turn: the next one still has them", async (t) => {
      await ask(t, "earlier", "Look one up.");

      const { text, requests } = await ask(t, "earlier", "What was it?");

      assert.equal(text, "One.");
      assert.equal(requests.length, 1);
      assertHolds(requests[0], "one");
    });
  });
}
