// The local stack's own page, on which one sees what happens in it.
import type { Page } from "@playwright/test";
import axe from "axe-core";
import { inspect } from "./support/inspect.ts";
import { expect, test } from "./support/test.ts";

/** A connection in the list at the side, by its user. */
const connectionOf = (page: Page, user: string) => page.locator("#sidebar li").filter({ hasText: user });

test("a connection is shown as open, and as closed if its end was missed", async ({ chat }) => {
  const page = await chat.page.context().newPage();
  // The stack goes on telling how it stands, but the journal says nothing: neither of what was opened nor of what was closed.
  await page.route("**/local/events", (route) => route.fulfill({ contentType: "text/event-stream", body: ": quiet\n\n" }));
  await page.goto(`${chat.stack.url}/inspect`);
  await expect(connectionOf(page, chat.user).getByRole("img", { name: "open" })).toBeVisible();
  await chat.page.close();
  await expect(connectionOf(page, chat.user).getByRole("img", { name: "closed" })).toBeVisible();
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(connectionOf(page, chat.user)).toHaveCount(0);
});

test("a connection opened and closed while shown is updated live", async ({ chat }) => {
  const page = await inspect(chat);
  const connections = connectionOf(page, chat.user);
  await expect(connections.getByRole("img", { name: "open" })).toHaveCount(1);
  await chat.page.reload();
  await expect(connections).toHaveCount(2);
  await expect(connections.getByRole("img", { name: "open" })).toHaveCount(1);
  await expect(connections.getByRole("img", { name: "closed" })).toHaveCount(1);
});

test("the newest connections are listed, for any order of events", async ({ chat }) => {
  const address = `${chat.stack.socketUrl}?token=${await chat.stack.token("somebody-else")}`;
  // More than are listed.
  await chat.page.evaluate(async (address) => {
    for (let count = 0; count < 45; count++) {
      const socket = new WebSocket(address);
      await new Promise((opened) => (socket.onopen = opened));
      const closed = new Promise((ended) => (socket.onclose = ended));
      socket.close();
      await closed;
    }
  }, address);
  await chat.page.reload();
  const page = await chat.page.context().newPage();
  const read = page.waitForResponse("**/local/stack");
  // The state tells of the open connection first, and the journal of those before it afterwards.
  await page.route("**/local/events", async (route) => {
    await read;
    await route.continue();
  });
  await page.goto(`${chat.stack.url}/inspect`);
  await expect(connectionOf(page, chat.user).getByRole("img", { name: "open" })).toHaveCount(1);
  await expect(connectionOf(page, "somebody-else")).not.toHaveCount(0);
  await chat.page.reload();
  await expect(connectionOf(page, chat.user).getByRole("img", { name: "closed" })).not.toHaveCount(0);
});

test("warnings and errors of a function's log are highlighted", async ({ chat }) => {
  await chat.answered({ status: 500, times: 1, text: "At the second attempt." });
  const page = await inspect(chat);
  const line = (level: string) =>
    page
      .locator("#entries .logs")
      .filter({ hasText: `${level} ` })
      .first();
  const colour = (level: string) =>
    line(level)
      .locator(".more")
      .evaluate((shown) => getComputedStyle(shown).color);
  await expect(line("WARN")).toBeVisible();
  await expect(line("INFO")).toBeVisible();
  expect(await colour("WARN")).not.toBe(await colour("INFO"));
});

test("the details of an entry have enough contrast, light or dark", async ({ chat }) => {
  // The check of the whole page computes for long.
  test.slow();
  await chat.answered({ text: "A reply." });
  const page = await inspect(chat);
  const frame = page.locator("#entries .frames").filter({ hasText: "send" }).last();
  await frame.click();
  await expect(page.locator("#detail .json .string").first()).toBeVisible();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Page.setBypassCSP", { enabled: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: ["color-contrast"] }),
    );
    expect(
      violations.flatMap(({ nodes }) => nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)),
      colorScheme,
    ).toEqual([]);
  }
});
