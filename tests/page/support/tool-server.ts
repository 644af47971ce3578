// A server of one conversation whose reply calls tools, between the page and the real server.
import type { Page } from "@playwright/test";
import { interceptSocket, type Frame, type Intercepted } from "./intercepted-socket.ts";

/** A call that the reply makes: `approval` asks first, `client` is answered by the page, `server` is executed. */
export type ScriptedCall = {
  tool: string;
  input?: unknown;
  kind: "approval" | "client" | "server";
  output?: unknown;
  /** All of an output that the reply shows only the beginning of. */
  wholeOutput?: string;
  errorText?: string;
};

type Part = { type: string; toolCallId?: string; state?: string; [field: string]: unknown };
type Answer = {
  toolCallId: string;
  state: string;
  approval?: { approved?: boolean; reason?: string };
  output?: unknown;
  errorText?: string;
};
type Message = { id: string; role: string; parts: { text?: string }[] };
type Say = Intercepted["say"];

/** The id of the call with this number, from 1. */
export const callId = (number: number) => `reply-${number}`;

export class ToolServer {
  /** The frames that answered the reply. */
  readonly answers: (Frame & { messages: { parts: Answer[] }[]; body: { alwaysAllow?: string[] } })[] = [];
  /** Whether the calls of the server are held back until `release`. */
  isHeld = false;
  release = () => {};
  /** Whether answers get no answer but this error. */
  refusal: { code: string; errorText: string } | undefined;
  #calls: ScriptedCall[];
  #conversation = "";
  #question = { id: "question", text: "" };
  #parts: Part[] = [];
  #status = "streaming";
  #later: object[] = [];

  /** The reply makes these calls at once, and says `Done.` when all have ended. */
  constructor(calls: ScriptedCall[]) {
    this.#calls = calls;
  }

  /** Serves `page`, which is opened after this. */
  intercept(page: Page): Promise<Intercepted> {
    return interceptSocket(page, (frame, say) => this.#take(frame, say));
  }

  /** Begins with a reply that waits already. Returns the id of its conversation. */
  begin(): string {
    this.#conversation = "waiting";
    this.#question = { id: "question", text: "What is to be done?" };
    this.#ask();
    return this.#conversation;
  }

  #take(frame: Frame, say: Say): boolean {
    const answer = (data: object) => say({ type: "result", requestId: frame.requestId, data });
    if (frame.type === "conversations.list") answer({ conversations: this.#conversation ? [this.#summary()] : [] });
    else if (frame.type === "conversations.get") answer({ conversation: this.#summary(), messages: this.#messages() });
    else if (frame.type === "messages.output") this.#takeOutput(frame, say);
    else if (frame.type === "send") this.#takeSend(frame, say);
    else return false;
    return true;
  }

  // All of an output, in two pages.
  #takeOutput({ requestId, toolCallId, cursor }: Frame, say: Say) {
    if (this.refusal) return say({ type: "error", requestId, ...this.refusal });
    const whole = this.#calls.find((_, index) => callId(index + 1) === toolCallId)?.wholeOutput ?? "";
    const half = whole.length / 2;
    say({ type: "result", requestId, data: cursor ? { output: whole.slice(half) } : { output: whole.slice(0, half), nextCursor: "1" } });
  }

  #takeSend(frame: Frame, say: Say) {
    const [message] = (frame.messages as Message[]).slice(-1);
    const stream = createStream(frame, say);
    if (message?.role === "assistant") return this.#takeAnswer(frame as unknown as ToolServer["answers"][number], say, stream);
    if (this.#status === "waiting") return this.#overtake(message, frame, say, stream);
    this.#conversation = frame.id as string;
    this.#question = { id: message?.id ?? "", text: message?.parts[0]?.text ?? "" };
    this.#ask();
    const calls = this.#parts.filter(({ toolCallId }) => toolCallId);
    stream({ type: "start", messageId: "reply" }, { type: "start-step" });
    for (const { type, toolCallId, input, providerExecuted } of calls) {
      const toolName = type.slice("tool-".length);
      stream({ type: "tool-input-start", toolCallId, toolName });
      stream({ type: "tool-input-available", toolCallId, toolName, input, ...(providerExecuted ? { providerExecuted } : {}) });
    }
    stream({ type: "finish-step" });
    const asked = calls.filter(({ approval }) => approval);
    stream(...asked.map(({ toolCallId }) => ({ type: "tool-approval-request", approvalId: toolCallId, toolCallId })));
    const end = () => this.#goOn(stream, say, frame);
    if (this.isHeld) this.release = end;
    else end();
  }

  #takeAnswer(frame: ToolServer["answers"][number], say: Say, stream: Stream) {
    if (this.refusal) return say({ type: "error", requestId: frame.requestId, ...this.refusal });
    this.answers.push(frame);
    stream({ type: "start", messageId: "reply" });
    for (const { toolCallId, state, approval, output, errorText } of frame.messages[0]?.parts ?? []) {
      const part = this.#parts.find((part) => part.toolCallId === toolCallId);
      if (part && isOpen(part))
        Object.assign(part, { state }, approval && { approval }, output !== undefined && { output }, errorText && { errorText });
    }
    const end = () => this.#goOn(stream, say, frame);
    if (this.isHeld) this.release = end;
    else end();
  }

  // Another message: what is open is declined.
  #overtake(message: Message | undefined, frame: Frame, say: Say, stream: Stream) {
    for (const part of this.#parts.filter(isOpen)) {
      Object.assign(part, { state: "output-denied", approval: { id: part.toolCallId, approved: false } });
    }
    this.#status = "complete";
    const reply = { id: "next-reply", role: "assistant", parts: [{ type: "text", text: "Then not." }] };
    this.#later = [
      { id: "next", role: "user", parts: message?.parts ?? [], metadata: { status: "complete", clientId: message?.id, parentId: "reply" } },
      { ...reply, metadata: { status: "complete", parentId: "next" } },
    ];
    const text = [
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "Then not." },
      { type: "text-end", id: "0" },
    ];
    stream({ type: "start", messageId: reply.id }, ...text, { type: "finish", finishReason: "stop", messageMetadata: {} });
    say({ type: "end", requestId: frame.requestId });
  }

  #ask() {
    this.#status = "waiting";
    this.#parts = [{ type: "step-start" }];
    this.#calls.forEach(({ tool, input = {}, kind }, index) => {
      const toolCallId = callId(index + 1);
      const part = { type: `tool-${tool}`, toolCallId, input, state: "input-available" };
      if (kind === "approval") this.#parts.push({ ...part, state: "approval-requested", approval: { id: toolCallId } });
      else this.#parts.push({ ...part, ...(kind === "server" && { providerExecuted: true }) });
    });
  }

  // Ends what the server executes, and the reply when nothing waits.
  #goOn(stream: Stream, say: Say, { requestId }: { requestId: string }) {
    const waits = this.#parts.some(isOpen);
    for (const [index, call] of this.#calls.entries()) {
      const part = this.#parts.find(({ toolCallId }) => toolCallId === callId(index + 1));
      if (part) this.#execute(part, call, stream, waits);
    }
    if (!waits) {
      const text = [
        { type: "text-start", id: "9" },
        { type: "text-delta", id: "9", delta: "Done." },
        { type: "text-end", id: "9" },
      ];
      stream({ type: "start-step" }, ...text, { type: "finish-step" });
      this.#parts.push({ type: "step-start" }, { type: "text", text: "Done." });
      this.#status = "complete";
    }
    stream({ type: "finish", finishReason: waits ? "tool-calls" : "stop", messageMetadata: {} });
    say({ type: "end", requestId });
  }

  #execute(part: Part, { kind, output, errorText }: ScriptedCall, stream: Stream, waits: boolean) {
    const { toolCallId } = part;
    const approval = part.approval as { approved?: boolean; reason?: string } | undefined;
    if (part.state === "approval-responded" && !waits) {
      stream({ type: "tool-approval-response", approvalId: toolCallId, ...approval, id: undefined, providerExecuted: true });
      if (!approval?.approved) {
        part.state = "output-denied";
        return stream({ type: "tool-output-denied", toolCallId });
      }
    } else if (kind !== "server" || part.state !== "input-available") return;
    Object.assign(part, { state: errorText ? "output-error" : "output-available", output, errorText, providerExecuted: true });
    if (errorText) stream({ type: "tool-output-error", toolCallId, errorText });
    else stream({ type: "tool-output-available", toolCallId, output });
  }

  #summary() {
    const now = Date.now();
    const waits = this.#status === "waiting";
    return { id: this.#conversation, title: "A reply with tools", createdAt: now, updatedAt: now, ...(waits && { waiting: true }) };
  }

  #messages() {
    const { id, text } = this.#question;
    const createdAt = Date.now();
    return [
      { id: "asked", role: "user", parts: [{ type: "text", text }], metadata: { createdAt, status: "complete", clientId: id } },
      { id: "reply", role: "assistant", parts: this.#parts, metadata: { createdAt, status: this.#status, parentId: "asked" } },
      ...this.#later,
    ];
  }
}

type Stream = (...chunks: object[]) => void;

function createStream({ requestId }: { requestId: string }, say: Say): Stream {
  let sequence = 0;
  return (...chunks) => {
    for (const chunk of chunks) say({ type: "chunk", requestId, sequence: sequence++, chunk });
  };
}

function isOpen({ toolCallId, state, providerExecuted }: Part): boolean {
  return toolCallId !== undefined && (state === "approval-requested" || (state === "input-available" && !providerExecuted));
}
