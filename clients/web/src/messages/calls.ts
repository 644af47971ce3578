// Calls of tools in a reply, and what they want of the user.
import { STRINGS } from "../strings";
import type { ChatMessage } from "./chat-message";

type Part = ChatMessage["parts"][number];

/** A call of a tool, whether or not the page knew the tool beforehand. */
export type Call = Extract<Part, { toolCallId: string }>;

/** The tool with which a model asks the user. */
const QUESTION = "ask_user";

/** What a call waits for: to be allowed, to be answered, or that the user does without it, since this page cannot execute it. */
export type Wish = "approval" | "answer" | "skip";

export function isCall(part: Part): part is Call {
  return "toolCallId" in part;
}

/** The name of its tool, for people. */
export function getToolName(call: Call): string {
  return getTool(call).replaceAll("_", " ").trim();
}

export function isQuestion(call: Call): boolean {
  return getTool(call) === QUESTION;
}

/** What a call waits for, in a reply that is not being written. */
export function findWish(call: Call): Wish | undefined {
  if (call.state === "approval-requested") return "approval";
  if (call.state !== "input-available" || call.providerExecuted) return undefined;
  return isQuestion(call) ? "answer" : "skip";
}

/** The calls for which a message waits, as far as its parts tell. */
export function findWaiting(message: ChatMessage | undefined): Call[] {
  return message?.role === "assistant" && !message.metadata?.isCut ? message.parts.filter(isCall).filter(findWish) : [];
}

/** What a call asks of the user, in a sentence. */
export function describeWish(call: Call): string {
  const { asks } = STRINGS;
  switch (findWish(call)) {
    case "approval":
      return asks.allow(getToolName(call));
    case "answer":
      return readQuestion(call).question || asks.question;
    default:
      return asks.elsewhere(getToolName(call));
  }
}

/** Whether it is a call of the same tool as another. */
export function isSameTool(one: Call, other: Call): boolean {
  return getTool(one) === getTool(other);
}

/** What the model asks with its question, and the answers that it proposes. What it writes may be anything. */
export function readQuestion({ input }: Call): { question: string; choices: string[] } {
  const { question, choices } = Object(input) as { question?: unknown; choices?: unknown };
  return {
    question: typeof question === "string" ? question : "",
    choices: Array.isArray(choices) ? [...new Set(choices.filter((choice) => typeof choice === "string" && choice !== ""))] : [],
  };
}

/** Its later state, of a call that was split between two pages. A page that begins in the middle of it lacks what came before. */
export function joinCall(earlier: Call, later: Call): Call {
  return { ...earlier, ...later, type: earlier.type, input: earlier.input } as Call;
}

function getTool(call: Call): string {
  return call.type === "dynamic-tool" ? call.toolName : call.type.slice("tool-".length);
}
