// Nothing runs here: that this compiles is the test. It is compiled with the types of each major version of `ai`.
import type { Chunk, HistoryMessage } from "@natter/client";
import { NatterChatTransport } from "@natter/client/ai-sdk";
import type { ChatTransport, UIMessage, UIMessageChunk } from "ai";

export const chunk = (chunk: Chunk): UIMessageChunk => chunk;

export const message = (message: HistoryMessage): UIMessage => message;

export const transport: ChatTransport<UIMessage> = new NatterChatTransport({ url: "/live", token: "…" });
