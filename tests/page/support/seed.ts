import type { Page } from "@playwright/test";
import type { Script } from "./chat-page.ts";
import type { Stack } from "./test.ts";

/** Creates whole conversations concurrently, over a separate socket: `turns` are the scripts of each. */
export async function seed(page: Page, stack: Stack, user: string, conversations: { id: string; turns: Script[] }[]) {
  const address = `${stack.socketUrl}?token=${await stack.token(user)}`;
  const other = await page.context().newPage();
  await other.goto(stack.url);
  await other.evaluate(
    async ({ address, conversations }) => {
      const socket = new WebSocket(address);
      const waiting = new Map<string, (frame: { type: string }) => void>();
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data as string) as { type: string; requestId: string };
        if (frame.type === "end" || frame.type === "error") waiting.get(frame.requestId)?.(frame);
      };
      await new Promise((opened) => (socket.onopen = opened));
      for (const { id, turns } of conversations) {
        for (const [turn, script] of turns.entries()) {
          const requestId = `${id}-${turn}`;
          const message = { id: `m-${requestId}`, role: "user", parts: [{ type: "text", text: `script: ${JSON.stringify(script)}` }] };
          const ended = new Promise<{ type: string }>((resolve) => waiting.set(requestId, resolve));
          socket.send(JSON.stringify({ type: "send", requestId, id, trigger: "submit-message", messages: [message], body: {} }));
          const frame = await ended;
          if (frame.type === "error") throw new Error(`the turn ${requestId} failed: ${JSON.stringify(frame)}`);
        }
      }
      socket.close();
    },
    { address, conversations },
  );
  await other.close();
}
