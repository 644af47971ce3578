import { expect, type Locator } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";

/** Where the list of conversations is: beside the conversation, a drawer over it, or out of sight. */
export type ListPlace = "beside" | "drawer" | "hidden";

/** Below this width the list has no place beside the conversation. */
const NARROW_PX = 768;

type Box = { x: number; y: number; width: number; height: number };

/**
 * Checks that the page is laid out as it should be: the list in its place, the conversation in all of the rest, the field to write in at its
 * foot, and nothing that reaches out of the window. To be called after whatever could have moved something.
 */
export async function expectLayout(chat: ChatPage, list: ListPlace = usualPlace(chat)) {
  const window = chat.page.viewportSize();
  if (!window) throw new Error("The page has no size.");
  const navigation = chat.page.locator("nav.sidebar");
  await expect(async () => {
    const width = list === "beside" ? (await boxOf(navigation)).width : 0;
    if (list === "hidden") await expect(navigation).toBeHidden({ timeout: 1 });
    else expect(await boxOf(navigation), "the list").toEqual({ x: 0, y: 0, width: expect.any(Number), height: window.height });
    if (list === "drawer") expect((await boxOf(navigation)).width, "the drawer leaves something of the page").toBeLessThan(window.width);

    const main = { x: width, y: 0, width: window.width - width, height: window.height };
    expect(await boxOf(chat.page.locator("main")), "the conversation").toEqual(main);
    const field = await boxOf(chat.page.locator(".composer"));
    expect(field.x, "the field is in the conversation").toBeGreaterThanOrEqual(main.x);
    expect(field.y, "the field is below the header").toBeGreaterThanOrEqual(main.y);
    expect(field.width, "the field is wide enough").toBeGreaterThanOrEqual(Math.min(main.width - 64, 640));
    expect(Math.abs(field.x - main.x - (main.x + main.width - field.x - field.width)), "the field is in the middle").toBeLessThanOrEqual(2);
    expect(field.y + field.height, "the field is in the window").toBeLessThanOrEqual(main.height);
    expect(
      await chat.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]),
      "the page",
    ).toEqual([window.width, window.height]);
  }).toPass({ timeout: 5_000 });
}

function usualPlace(chat: ChatPage): ListPlace {
  return (chat.page.viewportSize()?.width ?? 0) < NARROW_PX ? "hidden" : "beside";
}

async function boxOf(element: Locator): Promise<Box> {
  const box = await element.boundingBox({ timeout: 1_000 });
  if (!box) throw new Error(`${element} is not on the page.`);
  return box;
}
