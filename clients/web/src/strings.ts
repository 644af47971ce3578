// All that the page says, in one place: for another language, this is the file to translate.

export const STRINGS = {
  somethingWentWrong: "Something went wrong.",
  understood: "Understood",
  reload: "Reload",
  tryAgain: "Try again",
  tryAgainIn: (seconds: number) => `Try again in ${duration(seconds)}`,
  newConversation: "New conversation",

  connection: {
    offline: "You are offline",
    connecting: "Connecting …",
    reconnecting: "Reconnecting …",
    unreachable: "No connection to the server; trying again …",
    unauthorized: "The server does not let you in; trying again …",
  },

  failures: {
    unreachable: "The server cannot be reached. What it has received is kept.",
    timed_out: "The server did not answer in time. What it has received is kept.",
    unauthorized: "You are signed out, or may not do this. Sign in again and reload the page.",
  },

  // Of a reply that has some text.
  remarks: {
    stopped: "You stopped this reply.",
    cut: "You stopped this reply. A little more had been written by then.",
    interrupted: "This reply was interrupted. What had arrived is kept.",
    failed: "This reply failed before its end. What had arrived is kept.",
    length: "The reply reached the model’s length limit.",
    "content-filter": "The model’s content filter ended this reply.",
  },
  // Of one that has none.
  emptyRemarks: {
    complete: "The model ended its reply without a word.",
    stopped: "You stopped this reply before its first word.",
    interrupted: "This reply was interrupted before its first word.",
    failed: "This reply failed before its first word.",
    length: "The model reached its length limit before the first word of a reply.",
    "content-filter": "The model’s content filter held this reply back.",
    missing: "There is no reply to this message.",
  },
  showRest: "Show it",
  writeAgain: "Write it again",

  elsewhere: "Another message was sent here from another tab or device. Both are kept, one beside the other.",
  showOther: "Show the other",

  loadingConversation: "Loading the conversation …",
  absent: {
    gone: { heading: "This conversation is gone", text: "It was deleted, here or on another device." },
    unknown: { heading: "This conversation was not found", text: "It may have been deleted, or the link to it is not whole." },
  },
  draftIsKept: "What you were writing is still in the field below.",
  greeting: {
    heading: "What is on your mind?",
    text: "Write a message below. The reply appears as it is written, and you can stop it at any time.",
  },
  starters: [
    { name: "Explain something", text: "Explain in simple words: " },
    { name: "Draft a message", text: "Draft a short, friendly message that says " },
    { name: "Make a plan", text: "Help me plan " },
    { name: "Look at code", text: "What is wrong with this code?\n\n" },
  ],

  search: {
    searching: "Searching …",
    nothing: "Nothing found",
    found: (count: number) => (count === 1 ? "One conversation" : `${count} conversations`),
    failed: (why: string) => `The search failed: ${why}`,
  },
  marks: { running: "A reply is being written", unread: "Not read yet" },

  message: {
    placeholder: "Write a message",
    tooLong: (has: string, most: string) => `This message is too long to send: ${has}, and at most ${most} of it fit. Shorten it, or send it in parts.`,
    notText: (names: string[]) => `${list(names)} ${names.length === 1 ? "was" : "were"} not added: only text can be sent.`,
    tooLarge: (names: string[], most: string) => `${list(names)} ${names.length === 1 ? "was" : "were"} not added: a message holds at most ${most} of text.`,
  },
} as const;

/** A time as far as somebody waits for it. */
function duration(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

function list(names: string[]): string {
  return names.map((name) => `“${name}”`).join(", ");
}
