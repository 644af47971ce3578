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

test("a stopped reply keeps its partial text", async ({ chat }) => {
  await chat.script({ tokens: 2000, rate: 40 });
  await expect(chat.replies.last()).toContainText("w5");
  await chat.button("Stop the reply").click();
  await chat.idle();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
  await expect(chat.textOf(chat.replies.last())).toContainText("w5");

  await chat.page.reload();
  await expect(chat.replies.last()).toContainText("You stopped this reply.");
});

test("a stopped reply no longer grows and its partial text is visible", async ({ chat }) => {
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
  test(`an empty reply, ${which}, says so and can be regenerated`, async ({ chat }) => {
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

test("a reply that failed before its first token mentions no kept text", async ({ chat }) => {
  await chat.script({ status: 400 });
  await expect(chat.page.getByRole("alert")).toBeVisible();
  await expect(chat.list.getByRole("listitem")).toHaveCount(1);
  await chat.page.reload();
  await expect(chat.replies.last()).toContainText("This reply failed before its first word.");
  await expect(chat.page.getByText(/is kept/)).toHaveCount(0);
  await expect(chat.button("Write it again")).toBeEnabled();
});

test("a failed reply is retried with one click", async ({ chat }) => {
  await chat.script({ text: "At the second attempt.", errorAfter: 1, times: 1, chunk: 4 });
  await chat.button("Try again").click();
  await expect(chat.replies.last()).toContainText("At the second attempt.");
  await expect(chat.page.getByRole("article", { name: "You" })).toHaveCount(1);
  await expect(chat.page.getByRole("alert")).toHaveCount(0);
});

test("reasoning is collapsed and can be expanded", async ({ chat }) => {
  await chat.script({ reasoning: "Let me think about that for a while. ".repeat(6), text: "Done thinking.", rate: 12 });
  await expect(chat.page.getByText("Thinking …")).toBeVisible();
  await expect(chat.page.getByText(/Thought for \d+ s/)).toBeVisible();
  await expect(chat.replies.last().getByText("Let me think about that for a while.")).toBeHidden();
  await chat.page.getByText(/Thought for/).click();
  await expect(chat.replies.last().getByText("Let me think about that for a while.")).toBeVisible();
});

test("tool calls are shown with their input and output", async ({ page, stack, user }) => {
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

test("a reply shows its number of tokens", async ({ chat }) => {
  const reply = await chat.answered({ tokens: 20 });
  await expect(reply.getByText(/^\d+ tokens/)).toBeVisible();
});

test("the web pages that a reply cites are numbered links below it, which show their hosts", async ({ page, stack, user }) => {
  await interceptSocket(page, (frame, say) => {
    if (frame.type !== "send") return false;
    const source = (url: string, title?: string) => ({ type: "source-url", sourceId: url, url, ...(title && { title }) });
    sayTurn(frame, say, [
      { type: "start", messageId: "sourced" },
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "They show the way." },
      { type: "text-end", id: "0" },
      source("https://example.com/lighthouses", "example.org: Lighthouses"),
      source("https://example.net/keepers"),
      source("javascript:alert(1)", "Not a page"),
      { type: "finish", finishReason: "stop", messageMetadata: {} },
    ]);
    return true;
  });
  const chat = new ChatPage(page, stack, user);
  await chat.open();
  await chat.say("What is a lighthouse for?");
  const links = page.getByRole("list", { name: "Sources" }).getByRole("link");
  await expect(links).toHaveText(["example.org: Lighthouses · example.com", "example.net"]);
  await expect(links.first()).toHaveAttribute("href", "https://example.com/lighthouses");
  await expect(links.first()).toHaveAttribute("rel", /noreferrer/);
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
