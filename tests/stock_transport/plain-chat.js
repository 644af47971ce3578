// A chat of the AI SDK without a page around it, of any version.

/** What a chat shows, in plain fields. */
export class PlainState {
  status = "ready";
  error = undefined;
  messages = [];

  pushMessage = (message) => {
    this.messages = [...this.messages, message];
  };

  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };

  replaceMessage = (index, message) => {
    this.messages = this.messages.with(index, structuredClone(message));
  };

  snapshot = (value) => structuredClone(value);
}

/** Sends `text` and returns the reply once it has ended. */
export async function ask(chat, text) {
  await chat.sendMessage({ text });
  if (chat.error) throw chat.error;
  return chat.lastMessage;
}

/** A message's text. */
export const textOf = (message) =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("");
