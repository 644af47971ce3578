// The page of the browser's tests: it shows the conversation that its address names.
import { createClient } from "@natter/client";

const conversationId = location.hash.slice(1);
const list = document.querySelector("ol");

const client = createClient({
  url: "/local",
  token: async () => (await (await fetch("/token?user=alice")).json()).token,
  timing: { pongMs: 1000 },
});
const states = [];
client.onState(({ status, reason }) => states.push(reason ? `${status}: ${reason}` : status));

async function show(turn) {
  const item = list.appendChild(document.createElement("li"));
  for await (const chunk of turn) {
    if (chunk.type === "start") item.textContent = "";
    if (chunk.type === "text-delta") item.textContent += chunk.delta;
    if (chunk.type === "finish") item.dataset.ending = chunk.finishReason;
  }
}

window.chat = {
  states,
  status: () => client.state.status,
  connect: client.connect,
  send: (text) => void show(client.send({ conversationId, text })),
};

// After a reload the reply may still be running.
const running = await client.resume({ conversationId });
if (running) show(running);
document.body.dataset.ready = "";
