// The fixtures of every test of the page, with a stack whose model has tools.
import { startLocalStack } from "../../stock_transport/local-stack.js";
import { startTools } from "../../stock_transport/tools.js";
import { expect, test as base, type Stack } from "./test.ts";

type Tools = Awaited<ReturnType<typeof startTools>>;

export const test = base.extend<object, { tools: Tools; stack: Stack }>({
  tools: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads here which fixtures are used.
    async ({}, use) => {
      const tools = await startTools();
      await use(tools);
      await tools.stop();
    },
    { scope: "worker" },
  ],
  stack: [
    async ({ tools }, use) => {
      const stack = await startLocalStack({ variables: tools.variables });
      await use(stack);
      await stack.stop();
    },
    { scope: "worker" },
  ],
});

export { expect };
