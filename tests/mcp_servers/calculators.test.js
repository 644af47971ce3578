// Servers of Python's SDK: in the newest version of the protocol, and in earlier ones with sessions and without.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startLocalStack } from "../stock_transport/local-stack.js";
import { openSocketOfAlice } from "../stock_transport/raw-socket.js";
import { writeAgents } from "./agents.js";
import { CALCULATORS, startServer } from "./servers.js";
import { act, calling } from "./turns.js";

for (const [name, how] of Object.entries(CALCULATORS)) {
  describe(`a server ${name}`, () => {
    let server, agents, stack;
    before(async () => {
      server = await startServer(how);
      agents = await writeAgents(server.url, 'idempotent = ["add"]\n');
      assert.match(await agents.check(), /not locked yet/);
      const said = await agents.lock();
      assert.match(said, /added {4}add\n.*added {4}fail\n.*added {4}slow/);
      assert.match(await agents.lock(), /nothing has changed/);
      stack = await startLocalStack({ variables: { TITLES: "words", AGENTS_DIRECTORY: agents.directory } });
    });
    after(async () => {
      await stack?.stop();
      await server?.stop();
      await agents?.remove();
    });

    it("its tools are called, one after the other and at once", async (t) => {
      const steps = [
        calling(["add", { a: 1, b: 2 }]),
        calling(["add", { a: 3, b: 4 }], ["slow", { text: "later", seconds: 0.2 }], ["fail", { reason: "no luck" }]),
        { text: "Done." },
      ];
      const { text, outcomes } = await act(await openSocketOfAlice(t, stack), steps);

      assert.equal(text, "Done.");
      assert.equal(outcomes.length, 4);
      assert.ok(
        outcomes.some((outcome) => outcome?.result === 3) && outcomes.some((outcome) => outcome?.result === 7),
        JSON.stringify(outcomes),
      );
      assert.ok(JSON.stringify(outcomes).includes("later"));
      // The newest version keeps the cause to itself.
      assert.match(JSON.stringify(outcomes), /Error executing tool fail/);
    });

    it("it is killed in a call and started again in the same turn", async (t) => {
      const steps = [
        calling(["slow", { text: "lost", seconds: 60 }]),
        { firstTokenMs: 8000, ...calling(["add", { a: 5, b: 6 }]) },
        { text: "Done." },
      ];
      const socket = await openSocketOfAlice(t, stack);
      const turn = act(socket, steps);
      await server.arrived("slow lost");
      await server.kill();
      await server.start();
      const { text, outcomes } = await turn;

      assert.equal(text, "Done.");
      assert.match(outcomes[0], /may have acted/);
      assert.equal(outcomes[1]?.result, 11, JSON.stringify(outcomes));
      assert.equal((await server.called()).filter((call) => call === "slow lost").length, 1);
    });

    it("a tool that has changed is shown before it is called", async (t) => {
      await server.kill();
      await server.start({ CHANGED: "1" });
      const socket = await openSocketOfAlice(t, stack);
      const refused = await act(socket, [calling(["add", { a: 100, b: 1 }]), { text: "Done." }]);
      // A session that is older than the change is looked at after ten minutes, or when the server says so; a restarted server has no old ones.
      if (name.includes("sessions") && !name.includes("without")) assert.match(refused.outcomes[0], /has changed since it was reviewed/);

      assert.match(await agents.lock(), /changed {2}add/);
      const accepted = await act(socket, [calling(["add", { a: 200, b: 1 }]), { text: "Done." }]);
      assert.equal(accepted.outcomes[0]?.result, 201);
    });
  });
}
