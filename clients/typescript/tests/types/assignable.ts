// Nothing runs here: that this compiles is the test. It is compiled with the types of each major version of `ai`.
import type { Chunk, HistoryMessage } from "@natter/client";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";

// These `ai` 6 does not know; the transport sees to what it would miss.
export const chunk = (chunk: Exclude<Chunk, { type: "tool-approval-response" | "finish" }>): UIMessageChunk => chunk;

export const message = (message: HistoryMessage): UIMessage => message;

export const transport: ChatTransport<UIMessage> = new NatterChatTransport({ url: "/live", token: "…" });
