import { interceptSocket, sayTurn } from "./support/intercepted-socket.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

test("a model and an agent can be chosen, and the choice is stored", async ({ page, stack, user }) => {
  const asked: unknown[] = [];
  await interceptSocket(page, (frame, say) => {
    if (frame.type === "send") asked.push(frame.body);
    if (frame.type === "send")
      sayTurn(frame, say, [
        { type: "start", messageId: "r" },
        { type: "finish", finishReason: "stop" },
      ]);
    if (frame.type !== "server.describe") return frame.type === "send";
    const models = [
      { id: "small", name: "Small" },
      { id: "large", name: "Large", description: "Slow and thorough" },
    ];
    const agents = [
      { id: "plain", name: "Plain" },
      { id: "tutor", name: "Tutor" },
    ];
    say({
      type: "result",
      requestId: frame.requestId,
      data: { models, agents, limits: { textBytes: 262_144, textParts: 20, frameBytes: 32_768 } },
    });
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await page.getByRole("combobox", { name: "Model" }).selectOption("Large");
  await page.getByRole("combobox", { name: "Agent" }).selectOption("Tutor");
  await chat.say("Who are you?");
  await expect.poll(() => asked).toEqual([{ model: "large", agent: "tutor" }]);
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("large");
});

test("with one model there is no choice", async ({ chat }) => {
  await expect(chat.list.getByText("Your conversations will be listed here.")).toBeVisible();
  await expect(chat.page.getByRole("combobox")).toHaveCount(0);
});
