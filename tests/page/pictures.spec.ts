// Pictures of the main states, for review: target/page/*.png.
import { interceptSocket, sayTurn } from "./support/intercepted-socket.ts";
import { pictured, PICTURED } from "./support/pictured.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

const FOLDER = new URL("../../target/page/", import.meta.url).pathname;

const SCREENS = { phone: { width: 390, height: 844 }, laptop: { width: 1280, height: 800 }, wide: { width: 1920, height: 1080 } };

for (const [screen, size] of Object.entries(SCREENS)) {
  test(`pictures on a ${screen}`, async ({ page, stack }) => {
    await page.setViewportSize(size);
    await interceptSocket(page, (frame, say) => {
      if (frame.type === "send") {
        say({
          type: "error",
          requestId: frame.requestId,
          code: "model_overloaded",
          errorText: "The model has too much to do just now.",
          retryAfterMs: 8000,
        });
        return true;
      }
      const data = pictured(frame);
      if (data) say({ type: "result", requestId: frame.requestId, data });
      return data !== undefined;
    });
    const chat = new ChatPage(page, stack, "ada");
    const take = async (name: string) => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.screenshot({ path: `${FOLDER}${name}-${screen}-${colorScheme}.png` });
      }
    };

    await chat.open();
    if (screen !== "phone") await expect(chat.row("Trains to Ljubljana")).toBeVisible();
    await expect(page.getByRole("combobox", { name: "Model" })).toBeVisible();
    await take("new");

    await chat.open(PICTURED);
    await page.reload();
    await expect(page.locator(".hljs-keyword")).toHaveCount(1);
    await take("conversation");

    if (screen === "phone") {
      await chat.button("Conversations").click();
      await take("list");
      await chat.button("Close the list").click();
    }
    await chat.say("And if I hold all of the names?");
    await expect(page.getByRole("alert")).toBeVisible();
    await take("error");
    await page.keyboard.press("Control+/");
    await expect(page.getByRole("dialog")).toBeVisible();
    await take("help");
  });
}

test("a picture of running reasoning and tools", async ({ page, stack }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send") return false;
    sayTurn(frame, say, [
      { type: "start", messageId: "r" },
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-delta", id: "0", delta: "Graz, tomorrow. The forecast knows, and the calendar may hold something too." },
      { type: "reasoning-end", id: "0" },
      {
        type: "tool-input-available",
        toolCallId: "1",
        toolName: "forecast",
        input: { city: "Graz", day: "tomorrow" },
        dynamic: true,
        providerExecuted: true,
      },
      { type: "tool-output-available", toolCallId: "1", output: { degrees: 21, sky: "clear" }, dynamic: true, providerExecuted: true },
      { type: "text-start", id: "1" },
      { type: "text-delta", id: "1", delta: "Clear and **21 °C** in Graz tomorrow: a jacket for the evening will do." },
      { type: "text-end", id: "1" },
      { type: "finish", finishReason: "stop" },
    ]);
    return true;
  });
  const chat = new ChatPage(page, stack, "ada");
  await chat.open();
  await chat.say("Do I need a coat in Graz tomorrow?");
  await expect(chat.replies).toContainText("a jacket for the evening");
  await page.getByText("forecast").click();
  await page.screenshot({ path: `${FOLDER}tools-laptop-light.png` });
});
