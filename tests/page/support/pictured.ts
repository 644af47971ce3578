// The content of the pictures: a user's conversations, as a server would list and return them.
import type { Frame } from "./intercepted-socket.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const TITLES: [title: string, daysAgo: number][] = [
  ["A vector that moves", 0],
  ["Dinner for six on Friday", 0],
  ["سؤال عن الخط العربي", 1],
  ["Why is the sky dark at night?", 1],
  ["Cover letter, second draft", 3],
  ["Plan for the allotment", 4],
  ["SQL: newest row per group", 12],
  ["A name for a small boat", 40],
  ["Trains to Ljubljana", 45],
];

const QUESTION = "Why may I not push to the vector while I hold its first name?";

const REPLY = `\`first\` borrows from \`names\`, and \`push\` may move the whole vector to another place in memory. Two ways out, in the order I would try them:

1. **Copy what you need** before you push. A clone of one string costs little.
2. **Keep an index**, not a reference:

   \`\`\`rust
   // The index stays valid when the vector moves.
   let first = 0;
   names.push("Grace".to_string());
   println!("{}", names[first]);
   \`\`\`

| way | cost | when |
|---|---|---|
| clone | one allocation | short strings |
| index | none | you own the vector |

The chapter on [references and borrowing](https://doc.rust-lang.org/book/ch04-02-references-and-borrowing.html) has the whole story.
`;

/** The id of the conversation that can be opened. */
export const PICTURED = "conversation-0";

/** What the server answers to an operation; nothing for what is not one. */
export function pictured(frame: Frame): object | undefined {
  const now = Date.now();
  const conversations = TITLES.map(([title, daysAgo], index) => ({
    id: `conversation-${index}`,
    title,
    createdAt: now - daysAgo * DAY_MS,
    updatedAt: now - daysAgo * DAY_MS,
  }));
  switch (frame.type) {
    case "conversations.list":
      return { conversations };
    case "conversations.get":
      return { conversation: conversations[0], messages: messages(now) };
    case "server.describe":
      return {
        models: [
          { id: "large", name: "gpt-4o" },
          { id: "small", name: "gpt-4o-mini" },
        ],
        agents: [],
        limits: { textBytes: 262_144, textParts: 20, frameBytes: 32_768 },
      };
  }
  return undefined;
}

function messages(now: number) {
  return [
    {
      id: "question",
      role: "user",
      parts: [{ type: "text", text: QUESTION }],
      metadata: { createdAt: now, status: "complete" },
    },
    {
      id: "reply",
      role: "assistant",
      parts: [
        { type: "reasoning", text: "They ask about E0502." },
        { type: "text", text: REPLY },
      ],
      metadata: {
        createdAt: now,
        status: "complete",
        parentId: "question",
        siblings: ["former-reply", "reply"],
        model: "gpt-4o",
        usage: { inputTokens: 1180, outputTokens: 312 },
        cost: 0.0061,
        timings: { firstTokenMs: 420, totalMs: 3900 },
      },
    },
  ];
}
