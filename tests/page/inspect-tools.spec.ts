// What the local stack's own page shows of a turn with tools.
import type { Page } from "@playwright/test";
import { inspect } from "./support/inspect.ts";
import { expect, test } from "./support/test-with-tools.ts";

const call = (name: string, fields: object) => ({ name, arguments: fields });

/** The rows of the turn that the chosen entry belongs to. */
const rows = (page: Page) => page.locator("#detail .turn li");

/** Chooses the frame with which a message was sent that has this in it. */
async function choose(page: Page, words: string) {
  await page.getByRole("searchbox").fill(`"type":"send" ${words}`);
  await page.locator("#entries .frames").click();
}

test("a turn with tools has its steps, its calls, and what it waited for", async ({ chat, user }) => {
  await chat.script({
    steps: [
      { text: "First I look.", calls: [call("lookup", { n: user })] },
      { calls: [call("pay", { n: "1" }), call("lookup", { n: "2" })] },
      { text: "That was it." },
    ],
  });
  await chat.button("Allow", chat.replies.getByRole("group", { name: "Allow “pay”?" })).click();
  await expect(chat.replies.getByText("That was it.")).toBeVisible();

  const page = await inspect(chat);
  await choose(page, user);

  const took = String.raw`\d[\d.]* m?s`;
  await expect(page.getByRole("heading", { name: "Turn, 3 steps, 3 calls" })).toBeVisible();
  await expect(rows(page)).toHaveText([
    new RegExp(`step 1${took}$`),
    new RegExp(`lookup{"n":"${user}"} → {"n":"${user}","tool":"lookup"}${took}$`),
    new RegExp(`step 2${took}$`),
    new RegExp(`approvalpayallowed, ${took}$`),
    new RegExp(`pay{"n":"1"} → {"n":"1","tool":"pay"}${took}$`),
    new RegExp(`lookup{"n":"2"} → {"n":"2","tool":"lookup"}${took}$`),
    new RegExp(`step 3${took}$`),
  ]);

  // What was approved is executed by the function that gets the approval.
  await choose(page, '"approved":true');
  await expect(page.locator(".waterfall .bar.tools")).toHaveCount(1);

  await rows(page).nth(4).getByRole("button").click();
  await expect(page.locator("#detail h2")).toContainText("tool-output-available");
  await expect(rows(page)).toHaveCount(7);
});

test("a function's calls of tools are on its time axis", async ({ chat, user }) => {
  await chat.answered({ steps: [{ calls: [call("lookup", { n: user }), call("lookup", { n: "2" })] }, { text: "Done." }] });

  const page = await inspect(chat);
  await choose(page, user);

  const calls = page.locator(".waterfall .bar.tools");
  await expect(calls).toHaveCount(2);
  await calls.last().click();
  await expect(page.locator("#detail h2")).toContainText("tool-output-available");
});

test("what failed, was declined or waits is told apart", async ({ chat, user }) => {
  await chat.script({
    steps: [{ calls: [call("no_such_tool", {}), call("pay", { n: user })] }, { calls: [call("ask_user", { question: "And now?" })] }],
  });
  const approval = chat.replies.getByRole("group", { name: "Allow “pay”?" });
  await chat.button("Decline", approval).click();
  await approval.getByRole("textbox").fill("Too much.");
  await chat.button("Decline", approval).click();
  await expect(chat.replies.getByRole("group", { name: "And now?" })).toBeVisible();

  const page = await inspect(chat);
  await choose(page, user);

  await expect(rows(page)).toHaveText([
    /step 1/,
    /no_such_tool{} → There is no tool of this name\..*failed, .*s$/,
    /approvalpay: Too much\.declined, .*s$/,
    /pay{.*}declined$/,
    /step 2/,
    /ask_user{.*}handed to the page$/,
  ]);
  await expect(page.locator("#detail .turn .bad")).toHaveCount(1);
});

test("a stream that repeats a turn adds nothing to it", async ({ chat, tools, user }) => {
  await chat.script({ steps: [{ text: "I look.", calls: [call("slow", { n: user })] }, { text: "Done." }] });
  await tools.arrived("slow", user);
  await chat.page.reload();
  await expect(chat.replies.getByText("I look.")).toBeVisible();
  tools.release(user);
  await expect(chat.replies.getByText("Done.")).toBeVisible();
  await chat.idle();

  const page = await inspect(chat);
  await choose(page, user);

  await expect(rows(page)).toHaveText([/step 1/, /slow{.*} → {.*}[\d.]+ m?s$/, /step 2/]);
});
