import { useState } from "react";
import { copy } from "../clipboard";
import type { ConversationActions } from "../conversation/actions";
import { Icon } from "../icons";
import { BranchPicker } from "./branch_picker";
import { textOf, type ChatMessage } from "./chat_message";
import { Usage } from "./usage";

type Props = { message: ChatMessage; idle: boolean; actions: ConversationActions };

/** What can be done with a message, quietly below it. */
export function MessageActions({ message, idle, actions }: Props) {
  const [copied, setCopied] = useState<boolean>();
  const feedback = message.metadata?.feedback;

  const copyText = async () => {
    setCopied(await copy(textOf(message)));
    setTimeout(() => setCopied(undefined), 1500);
  };
  const rate = (rating: "up" | "down") => actions.rate(message, feedback === rating ? "none" : rating);

  return (
    <div className="actions" role="group" aria-label={message.role === "user" ? "Your message" : "This reply"}>
      <BranchPicker message={message} disabled={!idle} onShow={actions.showBranch} />
      <button type="button" className="plain" aria-label="Copy" title="Copy" onClick={() => void copyText()}>
        <Icon name="copy" />
      </button>
      {copied !== undefined && <span role="status">{copied ? "Copied" : "The browser did not allow it"}</span>}
      {message.role === "user" ? (
        <button type="button" className="plain" aria-label="Edit" title="Edit" data-edit disabled={!idle} onClick={() => actions.beginEdit(message)}>
          <Icon name="edit" />
        </button>
      ) : (
        <>
          <button
            type="button"
            className="plain"
            aria-label="Write this reply again"
            title="Write again"
            disabled={!idle}
            onClick={() => actions.regenerate(message)}
          >
            <Icon name="again" />
          </button>
          <button type="button" className="plain" aria-label="Good reply" title="Good reply" aria-pressed={feedback === "up"} onClick={() => rate("up")}>
            <Icon name="up" />
          </button>
          <button type="button" className="plain" aria-label="Bad reply" title="Bad reply" aria-pressed={feedback === "down"} onClick={() => rate("down")}>
            <Icon name="up" turned />
          </button>
          <Usage metadata={message.metadata} />
        </>
      )}
    </div>
  );
}
