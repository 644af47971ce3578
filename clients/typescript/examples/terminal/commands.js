import { writeFile } from "node:fs/promises";
import path from "node:path";
import { newId } from "@natter/client";
import { showMessage } from "./reply.js";
import { ago, plain } from "./screen.js";

/** How many conversations or hits are listed. */
const MAX_LISTED = 20;

/** The first `count` of `items`. */
async function take(items, count) {
  const taken = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

/** The first of the hits in each conversation. */
async function* oneEach(hits) {
  const found = new Set();
  for await (const hit of hits) {
    if (!found.has(hit.conversationId)) yield hit;
    found.add(hit.conversationId);
  }
}

/** Writes a file that was not there before: `name`, or the same with a number. Returns its whole path. */
async function writeNew(name, text) {
  const { dir, name: stem, ext } = path.parse(path.resolve(name));
  for (let number = 1; ; number++) {
    const file = path.join(dir, `${number > 1 ? `${stem}-${number}` : stem}${ext}`);
    try {
      await writeFile(file, text, { flag: "wx" });
      return file;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
}

/** Commands that the user can type. Each gets the chat and the text after its name. */
export const COMMANDS = {
  new: {
    help: "begins a new conversation",
    run(chat) {
      chat.enter(newId());
      chat.screen.note("A new conversation.");
    },
  },

  list: {
    help: "lists your conversations",
    async run({ client, screen, listed }) {
      const conversations = await take(client.conversations.all({ limit: MAX_LISTED }), MAX_LISTED);
      listed.splice(0, Infinity, ...conversations.map(({ id }) => id));
      if (conversations.length === 0) return screen.note("There are no conversations yet.");
      conversations.forEach(({ title = "Untitled", updatedAt, runningMessageId, waiting }, index) => {
        const number = screen.style("cyan", `${index + 1}`.padStart(3));
        const about = screen.style("dim", runningMessageId ? "a reply is being written" : waiting ? "waits for you" : ago(updatedAt));
        screen.say(`${number}  ${plain(title)}  ${about}`);
      });
      screen.note("/open N opens one.");
    },
  },

  open: {
    help: "opens a conversation by its number in the list, or its id",
    async run(chat, name) {
      const id = chat.listed[Number(name) - 1] ?? name;
      if (!id) return chat.screen.note("Which one? /open 1, after /list.");
      const { conversation } = await chat.client.conversations.get(id, { limit: 1 });
      const { value: messages = [] } = await chat.client.conversations.history(id).next();
      chat.screen.say(`\n${chat.screen.style("bold", plain(conversation.title ?? "Untitled"))}\n`);
      // The reply that is being written is shown as it comes.
      const ended = messages.filter(({ metadata }) => metadata.status !== "streaming");
      for (const message of ended) showMessage(message, chat.screen);
      chat.enter(id, ended);
      if (conversation.runningMessageId) await chat.follow();
      else await chat.askWaiting();
    },
  },

  rename: {
    help: "gives this conversation another title",
    async run({ client, screen, conversationId }, title) {
      const renamed = await client.conversations.rename(conversationId, title);
      screen.note(`This is now “${renamed.title}”.`);
    },
  },

  delete: {
    help: "deletes this conversation",
    async run(chat) {
      await chat.client.conversations.delete(chat.conversationId);
      chat.enter(newId());
      chat.screen.note("It is gone. This is a new one.");
    },
  },

  search: {
    help: "looks for words in your conversations",
    async run({ client, screen, listed }, query) {
      const hits = await take(oneEach(client.conversations.matches(query)), MAX_LISTED);
      listed.splice(0, Infinity, ...hits.map(({ conversationId }) => conversationId));
      if (hits.length === 0) return screen.note("Nothing was found.");
      hits.forEach(({ title = "Untitled", snippet }, index) => {
        const number = screen.style("cyan", `${index + 1}`.padStart(3));
        screen.say(`${number}  ${screen.style("bold", plain(title))}  ${plain(snippet).replace(/\s+/g, " ")}`);
      });
    },
  },

  export: {
    help: "writes this conversation to a new file: /export, or /export chat.json",
    async run({ client, screen, conversationId }, name) {
      const format = name.endsWith(".json") ? "json" : "markdown";
      const { text, fileName } = await client.conversations.export(conversationId, format);
      screen.note(`Written to ${plain(await writeNew(name || fileName, text))}.`);
    },
  },

  again: { help: "asks for another reply to your last message", run: (chat) => chat.again() },
  stop: { help: "stops the reply; so does Ctrl-C", run: (chat) => chat.screen.note("Nothing is being written.") },
  quit: { help: "leaves; so does Ctrl-C, or Ctrl-D", run: (chat) => chat.leave() },

  help: {
    help: "lists these",
    run({ screen }) {
      for (const [name, { help }] of Object.entries(COMMANDS)) screen.say(`  ${screen.style("cyan", `/${name}`.padEnd(9))} ${help}`);
    },
  },
};
