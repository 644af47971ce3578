import type { Client } from "@natter/client";

/** Downloads a conversation as a file. */
export async function download(client: Client, conversationId: string, format: "markdown" | "json") {
  const { text, mediaType, fileName } = await client.conversations.export(conversationId, format);
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has started to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
