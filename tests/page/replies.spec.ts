import { interceptSocket, sayTurn } from "./support/intercepted-socket.ts";
import { expect, test } from "./support/test.ts";
import { ChatPage } from "./support/chat-page.ts";

const words = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`).join(" ");

test("a reply appears as it is written", async ({ chat }) => {
  await chat.script({ tokens: 60, rate: 30 });
  await expect(chat.replies.last()).toContainText("w5");
  await expect(chat.button("Stop the reply")).toBeVisible();
  await chat.idle();
  await expect(chat.textOf(chat.replies.last())).toHaveText(words(60));
});

test("a reply is stopped, and what had come is kept", async ({ chat }) => {
  await chat.script({ tokens: 2000, rate: 40 });
  await expect(chat.replies.last()).toContainText("w5");
  await chat.button("Stop the reply").click();
  await chat.idle();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
  await expect(chat.textOf(chat.replies.last())).toContainText("w5");

  await chat.page.reload();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
});

test("a reply that is stopped grows no more on the screen, and what was written by then can be seen", async ({ chat }) => {
  await chat.script({ tokens: 50_000, rate: 1000 });
  await expect(chat.replies.last()).toContainText("w300");
  const shown = chat.textOf(chat.replies.last());
  await chat.field.press("Escape");
  await expect(chat.button("Stop the reply")).toHaveCount(0);
  const stopped = await shown.textContent();

  // The server says how much it had until it was reached.
  await expect(chat.button("Show it")).toBeVisible();
  expect(await shown.textContent()).toBe(stopped);
  await chat.button("Show it").click();
  await expect.poll(async () => (await shown.textContent())?.length).toBeGreaterThan(stopped?.length ?? 0);
  expect((await shown.textContent())?.startsWith(stopped?.trimEnd() ?? "?")).toBe(true);
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
});

/** Replies without a word: how they come to be, and what is said of them. */
const EMPTY: Record<string, [reach: (chat: ChatPage) => Promise<void>, sentence: string]> = {
  "which the model ended at once": [(chat) => chat.script({ text: "" }), "The model ended its reply without a word."],
  "which was stopped before its first word": [
    async (chat) => {
      const script = { text: "Never said.", firstTokenMs: 60_000 };
      await chat.script(script);
      await chat.stack.modelCall(`script: ${JSON.stringify(script)}`);
      await chat.button("Stop the reply").click();
    },
    "You stopped this reply before its first word.",
  ],
  "which reached the length limit at once": [
    (chat) => chat.script({ text: "", finish: "length" }),
    "The model reached its length limit before the first word of a reply.",
  ],
};

for (const [which, [reach, sentence]] of Object.entries(EMPTY)) {
  test(`a reply without a word, ${which}, says so and can be written again`, async ({ chat }) => {
    await reach(chat);
    await chat.idle();
    await expect(chat.replies.last()).toContainText(sentence);
    // Screen readers are informed as well.
    await expect(chat.page.getByRole("main").getByRole("status").filter({ hasText: sentence })).toHaveCount(1);
    await expect(chat.list.getByRole("listitem")).toHaveCount(1);
    await chat.page.reload();
    await expect(chat.replies.last()).toContainText(sentence);
    await chat.button("Write it again").click();
    await expect(chat.button("Write it again").or(chat.button("Stop the reply"))).toBeVisible();
    if (which.includes("stopped")) await chat.button("Stop the reply").click();
    await expect(chat.replies.last()).toContainText("2/2");
    await expect(chat.replies.last()).toContainText(sentence);
  });
}

test("a reply that failed before its first word does not claim that anything was kept", async ({ chat }) => {
  await chat.script({ status: 400 });
  await expect(chat.page.getByRole("alert")).toBeVisible();
  await expect(chat.list.getByRole("listitem")).toHaveCount(1);
  await chat.page.reload();
  await expect(chat.replies.last()).toContainText("This reply failed before its first word.");
  await expect(chat.page.getByText(/is kept/)).toHaveCount(0);
  await expect(chat.button("Write it again")).toBeEnabled();
});

test("a reply is written again, and both versions can be seen", async ({ chat }) => {
  await chat.answered({ text: "One way to say it." });
  await chat.button("Write this reply again").click();
  await expect(chat.replies.last()).toContainText("2/2");
  await chat.button("Previous version").click();
  await expect(chat.replies.last()).toContainText("1/2");
  await expect(chat.replies).toHaveCount(1);
});

test("a message is edited, and each version has the reply it got", async ({ chat }) => {
  await chat.answered({ text: "The first answer." });
  await chat.answered({ text: "The second answer." });
  const question = chat.page.getByRole("article", { name: "You" }).last();
  await question.hover();
  await chat.button("Edit", question).click();
  const field = chat.page.getByRole("textbox", { name: "Edit your message" });
  await field.fill('script: {"text": "Another answer."}');
  await field.press("Enter");
  await expect(chat.replies.last()).toContainText("Another answer.");
  await expect(chat.replies).toHaveCount(2);
  await expect(chat.page.getByRole("group", { name: "Version 2 of 2" })).toBeVisible();

  await chat.button("Previous version").click();
  await expect(chat.replies.last()).toContainText("The second answer.");
  await chat.button("Next version").click();
  await expect(chat.replies.last()).toContainText("Another answer.");
  await chat.answered({ text: "It goes on from here." });
  await expect(chat.replies).toHaveText([/The first answer/, /Another answer/, /It goes on from here/]);
});

test("the first message of all can be edited too", async ({ chat }) => {
  await chat.answered({ text: "The first answer." });
  await chat.field.press("ArrowUp");
  const field = chat.page.getByRole("textbox", { name: "Edit your message" });
  await field.fill('script: {"text": "Better asked, better answered."}');
  await field.press("Enter");
  await expect(chat.replies.last()).toContainText("Better asked, better answered.");
  await expect(chat.messages).toHaveCount(2);
  await expect(chat.page.getByRole("group", { name: "Version 2 of 2" }).first()).toBeVisible();
});

test("a reply that failed is asked for again with one click", async ({ chat }) => {
  await chat.script({ text: "At the second attempt.", errorAfter: 1, times: 1, chunk: 4 });
  await chat.button("Try again").click();
  await expect(chat.replies.last()).toContainText("At the second attempt.");
  await expect(chat.page.getByRole("article", { name: "You" })).toHaveCount(1);
  await expect(chat.page.getByRole("alert")).toHaveCount(0);
});

test("what the model thought is out of the way, and can be seen", async ({ chat }) => {
  await chat.script({ reasoning: "Let me think about that for a while. ".repeat(6), text: "Done thinking.", rate: 12 });
  await expect(chat.page.getByText("Thinking …")).toBeVisible();
  await expect(chat.page.getByText(/Thought for \d+ s/)).toBeVisible();
  await expect(chat.replies.last().getByText("Let me think about that for a while.")).toBeHidden();
  await chat.page.getByText(/Thought for/).click();
  await expect(chat.replies.last().getByText("Let me think about that for a while.")).toBeVisible();
});

test("tools that a model used are shown with what they were asked and what they said", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send") return false;
    sayTurn(frame, say, [
      { type: "start", messageId: "reply-with-tools" },
      {
        type: "tool-input-available",
        toolCallId: "1",
        toolName: "weather",
        input: { city: "Graz" },
        dynamic: true,
        providerExecuted: true,
      },
      { type: "tool-output-available", toolCallId: "1", output: { degrees: 21 }, dynamic: true, providerExecuted: true },
      { type: "tool-input-available", toolCallId: "2", toolName: "tides", input: { city: "Graz" }, providerExecuted: true },
      { type: "tool-output-error", toolCallId: "2", errorText: "Graz has no sea.", providerExecuted: true },
      { type: "text-start", id: "t" },
      { type: "text-delta", id: "t", delta: "Warm, and no tide." },
      { type: "text-end", id: "t" },
      { type: "finish", finishReason: "stop" },
    ]);
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What is the weather like?");
  await expect(chat.replies.getByText("Warm, and no tide.")).toBeVisible();
  await page.getByText("weather", { exact: false }).filter({ hasText: "done" }).click();
  await expect(page.getByText('"degrees": 21')).toBeVisible();
  await page.getByText("tides").filter({ hasText: "failed" }).click();
  await expect(page.getByText("Graz has no sea.")).toBeVisible();
});

test("a reply says what it took", async ({ chat }) => {
  const reply = await chat.answered({ tokens: 20 });
  await expect(reply.getByText(/^\d+ tokens/)).toBeVisible();
});

test("a price is shown where the server knows it", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send") return false;
    const messageMetadata = { model: "large", usage: { inputTokens: 1200, outputTokens: 300 }, cost: 0.00312 };
    sayTurn(frame, say, [
      { type: "start", messageId: "priced" },
      { type: "text-start", id: "t" },
      { type: "text-delta", id: "t", delta: "Not for nothing." },
      { type: "text-end", id: "t" },
      { type: "finish", finishReason: "stop", messageMetadata },
    ]);
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What do you cost?");
  await expect(page.getByText("1,500 tokens · $0.0031")).toBeVisible();
});

test("feedback is given, taken back and remembered", async ({ chat }) => {
  await chat.answered({ text: "Was this good?" });
  await chat.button("Good reply").click();
  await expect(chat.button("Good reply")).toHaveAttribute("aria-pressed", "true");
  await chat.button("Bad reply").click();
  await expect(chat.button("Good reply")).toHaveAttribute("aria-pressed", "false");
  await expect(chat.button("Bad reply")).toHaveAttribute("aria-pressed", "true");
  // The response to the next operation shows that this one is stored.
  await chat.answered({ text: "Thank you." });
  await chat.page.reload();
  await expect(chat.button("Bad reply", chat.replies.first())).toHaveAttribute("aria-pressed", "true");
});

test("feedback that is given while the conversation is being read stays", async ({ page, stack, user }) => {
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.type === "conversations.get" && asked.add(frame.requestId)));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.answered({ text: "Was this good?" });
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  await chat.answered({ text: "And this?" });
  // What is stored is read, and does not know of what comes now.
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await chat.button("Good reply", chat.replies.first()).click();
  await chat.button("Bad reply", chat.replies.last()).click();
  await expect(chat.button("Bad reply", chat.replies.last())).toHaveAttribute("aria-pressed", "true");
  const taken: string[] = [];
  await page.exposeFunction("noteTaken", (button: string) => taken.push(button));
  await page.evaluate(() => {
    const { noteTaken } = globalThis as unknown as { noteTaken(button: string): void };
    const note = (mutations: MutationRecord[]) =>
      mutations.forEach(({ target, oldValue }) => oldValue === "true" && noteTaken((target as Element).getAttribute("aria-label") ?? ""));
    new MutationObserver(note).observe(document.body, { subtree: true, attributeFilter: ["aria-pressed"], attributeOldValue: true });
  });
  held.release();
  // The response to the next read shows that the one before has been applied.
  await chat.answered({ text: "Thank you." });
  expect(taken).toEqual([]);
  await expect(chat.button("Good reply", chat.replies.first())).toHaveAttribute("aria-pressed", "true");
  await expect(chat.button("Bad reply", chat.replies.nth(1))).toHaveAttribute("aria-pressed", "true");
});

test("a message that is edited while the conversation is being read is not joined by the reply it had", async ({ page, stack, user }) => {
  const asked = new Set<string>();
  const sockets = await interceptSocket(page, (frame) => void (frame.type === "conversations.get" && asked.add(frame.requestId)));
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  const held = sockets.hold(({ requestId }) => asked.has(requestId));
  await chat.answered({ text: "The first answer." });
  await expect.poll(() => held.count()).toBeGreaterThan(0);
  await chat.field.press("ArrowUp");
  await page.getByRole("textbox", { name: "Edit your message" }).fill('script: {"text": "Another answer."}');
  await page.keyboard.press("Enter");
  await expect(chat.replies).toHaveText([/Another answer/]);
  await chat.idle();
  held.release();
  await expect(page.getByRole("group", { name: "Version 2 of 2" }).first()).toBeVisible();
  await expect(chat.replies).toHaveText([/Another answer/]);
});

test("a model and an agent are chosen where there are several, and kept in mind", async ({ page, stack, user }) => {
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

test("where there is one model, there is nothing to choose", async ({ chat }) => {
  await expect(chat.list.getByText("Your conversations will be listed here.")).toBeVisible();
  await expect(chat.page.getByRole("combobox")).toHaveCount(0);
});

test("a conversation is saved as Markdown and as JSON", async ({ chat }) => {
  await chat.answered({ text: "Worth **keeping**." });
  for (const [format, name] of [
    ["Markdown", /\.md$/],
    ["JSON", /\.json$/],
  ] as const) {
    await chat.button("More for this conversation").click();
    const download = chat.page.waitForEvent("download");
    await chat.page.getByRole("menuitem", { name: `Save as ${format}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(name);
    const chunks = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toContain("Worth **keeping**.");
  }
});
