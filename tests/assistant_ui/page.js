// A page of assistant-ui, over the AI SDK's own transport: one thread, with what it shows of the server's tools, and a tool of its own.
import {
  ActionBarPrimitive,
  AssistantRuntimeProvider,
  AuiConfig,
  ComposerPrimitive,
  defineToolkit,
  MessagePartPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
  Tools,
} from "@assistant-ui/react";
import { useChatRuntime } from "@assistant-ui/react-ai-sdk";
import {
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  WebSocketChatTransport,
} from "ai";
import { createRoot } from "react-dom/client";
import { namesBefore } from "../stock_transport/names-before.js";

const transport = new WebSocketChatTransport({
  url: `ws://${location.host}/local`,
  params: async () => ({ token: (await (await fetch("/token?user=alice")).json()).token }),
  prepareSendMessagesRequest: namesBefore,
});

const sendAutomaticallyWhen = (options) =>
  lastAssistantMessageIsCompleteWithToolCalls(options) || lastAssistantMessageIsCompleteWithApprovalResponses(options);

const Call = ({ toolName, args, result, approval, respondToApproval }) => (
  <section aria-label={toolName}>
    <code>{JSON.stringify({ args, result, approved: approval?.approved })}</code>
    {approval && approval.approved === undefined && (
      <>
        <button type="button" onClick={() => respondToApproval({ approved: true })}>
          Allow
        </button>
        <button type="button" onClick={() => respondToApproval({ approved: false, reason: "Too much for today." })}>
          Decline
        </button>
      </>
    )}
  </section>
);

const toolkit = defineToolkit({
  lookup: { type: "backend", render: Call },
  pay: { type: "backend", render: Call },
  locate: {
    type: "frontend",
    description: "Where the user is.",
    parameters: { type: "object", properties: { n: { type: "string" } } },
    execute: async ({ n }) => ({ city: "Graz", n }),
    render: Call,
  },
});

const Message = () => (
  <MessagePrimitive.Root>
    <MessagePrimitive.Parts components={{ Text: MessagePartPrimitive.Text }} />
    <MessagePrimitive.If assistant>
      <ActionBarPrimitive.Reload>Write again</ActionBarPrimitive.Reload>
    </MessagePrimitive.If>
  </MessagePrimitive.Root>
);

const Page = () => (
  <AssistantRuntimeProvider
    runtime={useChatRuntime({ transport, sendAutomaticallyWhen })}
    config={AuiConfig({ tools: Tools({ toolkit }) })}
  >
    <ThreadPrimitive.Root>
      <ThreadPrimitive.Viewport>
        <ThreadPrimitive.Messages components={{ Message }} />
      </ThreadPrimitive.Viewport>
      <ComposerPrimitive.Root>
        <ComposerPrimitive.Input aria-label="Message" />
        <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        <ComposerPrimitive.Cancel>Stop</ComposerPrimitive.Cancel>
      </ComposerPrimitive.Root>
    </ThreadPrimitive.Root>
  </AssistantRuntimeProvider>
);

createRoot(document.body.appendChild(document.createElement("main"))).render(<Page />);
