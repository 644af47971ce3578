// The protocol's own example server: content of every kind, and a server that asks for what is not offered.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "../stock_transport/local-stack.js";
import { openSocketOfAlice } from "../stock_transport/raw-socket.js";
import { writeAgents } from "./agents.js";
import { EVERYTHING_SERVER, startServer } from "./servers.js";
import { act, calling } from "./turns.js";

describe("the server with everything", () => {
  let server, agents, stack;
  before(async () => {
    server = await startServer(EVERYTHING_SERVER);
    agents = await writeAgents(server.url, 'prefix = "all"\n');
    const said = await agents.lock();
    assert.match(said, /added {4}echo\n/);
    stack = await startLocalStack({ variables: { TITLES: "words", AGENTS_DIRECTORY: agents.directory } });
  });
  after(async () => {
    await stack?.stop();
    await server?.stop();
    await agents?.remove();
  });

  it("its content is an output, whatever its kind", async (t) => {
    const steps = [
      calling(["all_echo", { message: "hello" }]),
      calling(["all_get-sum", { a: 2, b: 3 }]),
      calling(["all_get-structured-content", { location: "Chicago" }]),
      calling(["all_get-tiny-image", {}]),
      calling(["all_get-resource-links", { count: 2 }]),
      calling(["all_get-resource-reference", { resourceType: "Text", resourceId: 1 }]),
      calling(["all_get-annotated-message", { messageType: "error", includeImage: false }]),
      { text: "Done." },
    ];
    const { text, outcomes } = await act(await openSocketOfAlice(t, stack), steps);

    assert.equal(text, "Done.");
    const [echo, sum, structured, image, links, reference, message] = outcomes.map((outcome) => JSON.stringify(outcome));
    assert.match(echo, /hello/);
    assert.match(sum, /5/);
    assert.match(structured, /temperature/);
    assert.match(image, /image\/png/);
    assert.match(links, /A link to the resource/);
    assert.match(reference, /The resource/);
    assert.match(message, /Error/i);
  });

  it("it forgets its sessions in a turn, and is connected to again", async (t) => {
    const steps = [
      calling(["all_echo", { message: "before" }]),
      { firstTokenMs: 6000, ...calling(["all_echo", { message: "after" }]) },
      { text: "Done." },
    ];
    const socket = await openSocketOfAlice(t, stack);
    const turn = act(socket, steps);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await server.kill();
    await server.start();
    const { text, outcomes } = await turn;

    assert.equal(text, "Done.");
    assert.match(JSON.stringify(outcomes[0]), /before/);
    assert.match(JSON.stringify(outcomes[1]), /after/);
  });
});
