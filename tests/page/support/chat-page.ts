import { expect, type Locator, type Page } from "@playwright/test";
import type { Stack } from "./test.ts";

/** A script for the local stack's model; `infra/local/src/model/script.rs` documents each field. */
export type Script = {
  text?: string;
  tokens?: number;
  reasoning?: string;
  chunk?: number;
  rate?: number;
  firstTokenMs?: number;
  finish?: string;
  times?: number;
  status?: number;
  errorAfter?: number;
  cutAfter?: number;
  calls?: { name: string; arguments: object }[];
  /** What the model does in each model call of the turn. */
  steps?: Script[];
};

/** The page as a user operates it. */
export class ChatPage {
  readonly page: Page;
  readonly stack: Stack;
  readonly user: string;
  readonly field: Locator;
  readonly messages: Locator;
  readonly replies: Locator;
  readonly list: Locator;

  constructor(page: Page, stack: Stack, user: string) {
    this.page = page;
    this.stack = stack;
    this.user = user;
    this.field = page.getByRole("textbox", { name: "Message", exact: true });
    this.messages = page.getByRole("article");
    this.replies = page.getByRole("article", { name: "Reply" });
    this.list = page.getByRole("navigation", { name: "Conversations" });
  }

  /** Opens the page; `conversation` is what stands behind the # of the address. */
  async open(conversation?: string) {
    await this.page.goto(`${this.stack.url}/?user=${this.user}${conversation ? `#${conversation}` : ""}`);
    await expect(this.field).toBeVisible();
  }

  /** The same user in another tab of the same browser. */
  async otherTab(conversation?: string): Promise<ChatPage> {
    const other = new ChatPage(await this.page.context().newPage(), this.stack, this.user);
    await other.open(conversation);
    return other;
  }

  /** Writes and sends a message. */
  async say(text: string) {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  /** Pastes a text into the field that has the focus. A long one takes many seconds to be filled in otherwise. */
  async paste(text: string) {
    await this.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await this.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    await this.page.keyboard.press("Control+V");
  }

  /** Sends a message that the scripted model answers as it says. */
  async script(script: Script) {
    await this.say(`script: ${JSON.stringify(script)}`);
  }

  /** Sends such a message and waits until its reply is complete. */
  async answered(script: Script): Promise<Locator> {
    // A conversation that is being loaded shows no replies yet.
    await expect(this.page.getByText("Loading the conversation")).toHaveCount(0);
    const replies = await this.replies.count();
    await this.script(script);
    await expect(this.replies).toHaveCount(replies + 1);
    await this.idle();
    return this.replies.last();
  }

  /** Waits until no reply is being written. */
  async idle() {
    await expect(this.page.getByRole("button", { name: "Stop the reply" })).toHaveCount(0, { timeout: 30_000 });
    await expect(this.page.getByRole("log")).toHaveAttribute("aria-busy", "false");
  }

  /** The text of a reply, without what stands around it. */
  textOf(reply: Locator): Locator {
    return reply.locator(".markdown");
  }

  /** The id of the conversation that is open. */
  get conversation(): string {
    return new URL(this.page.url()).hash.slice(1);
  }

  /** A row of the list. */
  row(title: string | RegExp): Locator {
    return this.list.getByRole("listitem").filter({ hasText: title });
  }

  button(name: string, within: Locator | Page = this.page): Locator {
    return within.getByRole("button", { name, exact: true });
  }
}
