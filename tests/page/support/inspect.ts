import type { Page } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";
import { expect } from "./test.ts";

/** Opens the local stack's own page beside the chat. */
export async function inspect(chat: ChatPage): Promise<Page> {
  const page = await chat.page.context().newPage();
  await page.goto(`${chat.stack.url}/inspect`);
  await expect(page.getByRole("status")).toHaveText("live");
  return page;
}
