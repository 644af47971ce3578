import type { ConversationActions } from "../conversation/actions";
import { STRINGS } from "../strings";
import { Approval } from "./approval";
import { Ask } from "./ask";
import { findWaiting, findWish, isSameTool, type Call } from "./calls";
import type { ChatMessage } from "./chat-message";
import { Question } from "./question";

type Props = { message: ChatMessage; call: Call; actions: ConversationActions };

/** A call that waits for the user. */
export function WaitingCall({ message, call, actions }: Props) {
  const { toolCallId } = call;

  const allow = (isForever: boolean) => {
    const allowed = isForever ? findWaiting(message).filter((other) => findWish(other) === "approval" && isSameTool(other, call)) : [call];
    const ids = allowed.map((other) => other.toolCallId);
    actions.answer(
      message,
      ids.map((id) => ({ toolCallId: id, approved: true })),
      isForever ? ids : [],
    );
  };

  switch (findWish(call)) {
    case "approval":
      return (
        <Approval
          call={call}
          onAllow={allow}
          onDecline={(reason) => actions.answer(message, [{ toolCallId, approved: false, ...(reason && { reason }) }])}
        />
      );
    case "answer":
      return <Question call={call} onAnswer={(output) => actions.answer(message, [{ toolCallId, output }])} />;
    default:
      return (
        <Ask call={call} icon="tool">
          <div className="buttons">
            <button
              type="button"
              className="quiet"
              onClick={() => actions.answer(message, [{ toolCallId, errorText: STRINGS.asks.skipped }])}
            >
              {STRINGS.asks.skip}
            </button>
          </div>
        </Ask>
      );
  }
}
