// All text of the page, in one place for translation. The text of a
// failure comes from the server, `../index.html` names the language, too, and `style/markdown.css` and `style/print.css` say a word each.

export const STRINGS = {
  /** For numbers and dates. */
  language: "en",
  name: "Natter",
  somethingWentWrong: "Something went wrong.",
  understood: "Understood",
  reload: "Reload",
  tryAgain: "Try again",
  tryAgainIn: (seconds: number) => `Try again in ${formatDuration(seconds)}`,
  newConversation: "New conversation",
  loading: "Loading …",
  close: "Close",
  delete: "Delete",
  send: "Send",
  cancel: "Cancel",
  copy: "Copy",
  copied: "Copied",
  notCopied: "The browser did not allow it",

  page: {
    skip: "Skip",
    skipToField: "Skip to the message field",
    cannotStart: "Natter cannot start",
    titled: (title: string) => `${title} – Natter`,
    more: "More for this conversation",
    saveAs: { markdown: "Save as Markdown", json: "Save as JSON" },
    notSaved: (why: string) => `It was not saved: ${why}`,
  },

  connection: {
    offline: "You are offline",
    connecting: "Connecting …",
    reconnecting: "Reconnecting …",
    unreachable: "No connection to the server; trying again …",
    unauthorized: "The server does not let you in; trying again …",
    chattingAs: "Chatting as",
    noToken: (status: number) => `The server gave no token (status ${status}).`,
    refused: "The server gives you no token.",
  },
  signIn: {
    failed: "You could not be signed in. Please try again.",
    noToken: (status: number) => `The login page gave no token (status ${status}).`,
    out: "Sign out",
  },
  // For the operator of the page.
  config: {
    unreadable: (status: number) => `config.json, which names this page’s server, cannot be read (status ${status}).`,
    withoutToken: "config.json names neither tokenUrl nor signIn, so there is no token.",
  },

  appearance: { name: "Appearance", themes: { system: "Auto", light: "Light", dark: "Dark" } },

  list: {
    name: "Conversations",
    close: "Close the list",
    empty: "Your conversations will be listed here.",
    notLoaded: "The conversations could not be loaded.",
    older: "Show older",
    more: (title: string) => `More for ${title}`,
    rename: "Rename",
    title: "Title",
    notRenamed: (why: string) => `Not renamed: ${why}`,
    days: { today: "Today", yesterday: "Yesterday", week: "This week", month: "This month" },
    marks: { running: "A reply is being written", waiting: "Waits for your answer", unread: "Not read yet" },
  },
  search: {
    placeholder: "Search",
    name: "Search conversations",
    results: "Search results",
    searching: "Searching …",
    nothing: "Nothing found",
    found: (count: number) => (count === 1 ? "One conversation" : `${count} conversations`),
    failed: (why: string) => `The search failed: ${why}`,
    further: "Search on",
  },
  deletion: {
    question: "Delete this conversation?",
    consequence: "and all its messages will be gone, on all your devices. This cannot be undone.",
    keep: "Keep it",
    failed: (why: string) => `It was not deleted: ${why}`,
  },

  conversation: {
    name: "Conversation",
    loading: "Loading the conversation …",
    earlier: "Show earlier messages",
    toEnd: "Go to the end",
    absent: {
      gone: { heading: "This conversation is gone", text: "It was deleted, here or on another device." },
      unknown: { heading: "This conversation was not found", text: "It may have been deleted, or the link to it is not whole." },
    },
    draftIsKept: "What you were writing is still in the field below.",
    elsewhere: "Another message was sent here from another tab or device. Both are kept, one beside the other.",
    showOther: "Show the other",
    replyBegins: "The reply is being written.",
    reply: (beginning: string) => `Reply: ${beginning}`,
  },
  greeting: {
    heading: "What is on your mind?",
    text: "Write a message below. The reply appears as it is written, and you can stop it at any time.",
    starters: [
      { name: "Explain something", text: "Explain in simple words: " },
      { name: "Draft a message", text: "Draft a short, friendly message that says " },
      { name: "Make a plan", text: "Help me plan " },
      { name: "Look at code", text: "What is wrong with this code?\n\n" },
    ],
  },
  // By the code of the failure, where the page knows more of the user's situation than the server or the client does.
  failures: {
    unreachable: "The server cannot be reached. What it has received is kept.",
    timed_out: "The server did not answer in time. What it has received is kept.",
    unauthorized: "You are signed out, or may not do this. Sign in again and reload the page.",
  },

  composer: {
    name: "Message",
    placeholder: "Write a message",
    send: "Send (Enter)",
    stop: "Stop the reply",
    stopByKey: "Stop (Esc)",
    model: "Model",
    agent: "Agent",
    tooLong: (has: string, most: string) =>
      `This message is too long to send: ${has}, and at most ${most} of it fit. Shorten it, or send it in parts.`,
    notText: (names: string[]) => `${formatList(names)} ${names.length === 1 ? "was" : "were"} not added: only text can be sent.`,
    tooLarge: (names: string[], most: string) =>
      `${formatList(names)} ${names.length === 1 ? "was" : "were"} not added: a message holds at most ${most} of text.`,
  },

  message: {
    authors: { user: "You", assistant: "Reply", system: "System" },
    actions: { user: "Your message", assistant: "This reply", system: "This message" },
    edit: "Edit",
    editing: "Edit your message",
    again: "Write again",
    againByName: "Write this reply again",
    good: "Good reply",
    bad: "Bad reply",
    version: (at: number, of: number) => `Version ${at} of ${of}`,
    previousVersion: "Previous version",
    nextVersion: "Next version",
    showRest: "Show it",
    writeAgain: "Write it again",
    thinking: "Thinking …",
    thoughtFor: (seconds: number) => `Thought for ${seconds} s`,
    thoughts: "Thoughts",
    sources: "Sources",
    tool: {
      atWork: "at work …",
      willAsk: "will ask you …",
      allowed: "allowed",
      declined: "declined",
      failed: "failed",
      unfinished: "not finished",
      unanswered: "not answered",
      done: "done",
      doneIn: (seconds: number) => `done in ${seconds} s`,
    },
    toolValues: { input: "Asked", output: "Answered", error: "Failed", reason: "Your reason" },
    // Of an output that is longer than a message shows.
    rest: {
      cut: "This is only its beginning.",
      show: "Show all of it",
      reading: "Reading …",
      failed: (why: string) => `The rest could not be read: ${why}`,
    },
    toolPicture: (tool: string) => `Picture from ${tool}`,
    usage: {
      tokens: (count: string) => `${count} tokens`,
      details: (read: string, written: string) => `${read} tokens read, ${written} written`,
      firstWord: (time: string) => `first word after ${time}`,
      total: (time: string) => `${time} in all`,
    },
  },
  // What a reply asks of the user.
  asks: {
    allow: (tool: string) => `Allow “${tool}”?`,
    yes: "Allow",
    always: "Always allow in this conversation",
    no: "Decline",
    reason: "Why not? (optional)",
    question: "The reply asks you something.",
    answer: "Answer",
    ownAnswer: (hasChoices: boolean) => (hasChoices ? "Or in your own words" : "Your answer"),
    elsewhere: (tool: string) => `“${tool}” cannot be done on this page. It may be done where the reply was asked for.`,
    skip: "Skip",
    // For the model.
    skipped: "The user’s page cannot do this, and the user has skipped it.",
    waits: "This reply waits for you. A new message declines what it asks.",
    show: "Show",
    announcement: (sentence: string) => `The reply waits for you: ${sentence}`,
  },
  // Of a reply that has some text, …
  remarks: {
    stopped: "You stopped this reply.",
    cut: "You stopped this reply. A little more had been written by then.",
    interrupted: "This reply was interrupted. What had arrived is kept.",
    failed: "This reply failed before its end. What had arrived is kept.",
    length: "The reply reached the model’s length limit.",
    "content-filter": "The model’s content filter ended this reply.",
  },
  // … and of one that has none.
  emptyRemarks: {
    complete: "The model ended its reply without a word.",
    stopped: "You stopped this reply before its first word.",
    interrupted: "This reply was interrupted before its first word.",
    failed: "This reply failed before its first word.",
    length: "The model reached its length limit before the first word of a reply.",
    "content-filter": "The model’s content filter held this reply back.",
    missing: "There is no reply to this message.",
  },

  markdown: {
    codeOfNoLanguage: "text",
    diagram: {
      draw: "Draw",
      drawing: "Drawing …",
      failed: "Cannot be drawn",
      showCode: "Code",
      description: (code: string) => `Diagram: ${code}`,
    },
    details: "Details",
    picture: "Picture",
    table: "Table",
    notes: { name: "Notes", to: (number: number) => `Note ${number}`, back: (number: number) => `Back to the text of note ${number}` },
  },

  help: {
    open: "Keyboard shortcuts",
    name: "Keyboard",
    newLine: "New line",
    editLast: "Edit your last message, from an empty field",
    list: "Go through the list of conversations",
    help: "This help",
  },
} as const;

/** Formats a waiting time. */
function formatDuration(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

function formatList(names: string[]): string {
  return names.map((name) => `“${name}”`).join(", ");
}
