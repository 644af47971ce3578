// Calls of tools in a reply, and what they want of the user.
import type { Answer } from "@natter/client";
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

/** What a call waits for. While its reply is `growing`, one that another client executes cannot be told from one that is about to ask. */
export function findWish(call: Call, growing = false): Wish | undefined {
  if (call.state === "approval-requested") return "approval";
  if (call.state !== "input-available" || call.providerExecuted) return undefined;
  if (isQuestion(call)) return "answer";
  return growing ? undefined : "skip";
}

/** The calls for which a message waits, as far as its parts tell. */
export function findWaiting(message: ChatMessage | undefined, growing = false): Call[] {
  if (message?.role !== "assistant" || message.metadata?.isCut) return [];
  return message.parts.filter(isCall).filter((call) => findWish(call, growing));
}

/** The messages as they are once these answers to the newest are given. */
export function withAnswers(messages: ChatMessage[], answers: readonly Answer[]): ChatMessage[] {
  const last = messages.at(-1);
  if (!last || answers.length === 0) return messages;
  const parts = last.parts.map((part) => {
    const answer = isCall(part) && findWish(part) && answers.find(({ toolCallId }) => toolCallId === part.toolCallId);
    return answer ? ({ ...part, ...toState(answer) } as Call) : part;
  });
  return [...messages.slice(0, -1), { ...last, parts }];
}

function toState(answer: Answer): object {
  if ("output" in answer) return { state: "output-available", output: answer.output };
  if ("errorText" in answer) return { state: "output-error", errorText: answer.errorText };
  const { toolCallId: id, approved, reason } = answer;
  return { state: "approval-responded", approval: { id, approved, reason } };
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
