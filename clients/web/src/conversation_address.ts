// The page's address holds the conversation's id behind the #, so that a reload stays in the conversation. It is put there with the first
// message: an address with an id always means a conversation that exists.

/** The id in the address, if there is one. */
export function conversationInAddress(): string | undefined {
  return location.hash.slice(1) || undefined;
}

/** Puts `id` into the address. */
export function putConversationInAddress(id: string) {
  history.replaceState(null, "", `#${id}`);
}

/** Takes the id out of the address; the browser's Back brings it back. */
export function leaveConversationInAddress() {
  if (location.hash) history.pushState(null, "", location.pathname + location.search);
}
