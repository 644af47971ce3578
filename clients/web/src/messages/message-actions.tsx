import { useState } from "react";
import { copy } from "../clipboard";
import type { ConversationActions } from "../conversation/actions";
import { Icon } from "../icons";
import { STRINGS } from "../strings";
import { BranchPicker } from "./branch-picker";
import { getText, type ChatMessage } from "./chat-message";
import { Usage } from "./usage";

type Props = { message: ChatMessage; idle: boolean; actions: ConversationActions };

/** What can be done with a message, quietly below it. */
export function MessageActions({ message, idle, actions }: Props) {
  const [copied, setCopied] = useState<boolean>();
  const feedback = message.metadata?.feedback;

  const copyText = async () => {
    setCopied(await copy(getText(message)));
    setTimeout(() => setCopied(undefined), 1500);
  };
  const rate = (rating: "up" | "down") => actions.rate(message, feedback === rating ? "none" : rating);

  return (
    <div className="actions" role="group" aria-label={STRINGS.message.actions[message.role]}>
      <BranchPicker message={message} disabled={!idle} onShow={actions.showBranch} />
      <button type="button" className="plain" aria-label={STRINGS.copy} title={STRINGS.copy} onClick={() => void copyText()}>
        <Icon name="copy" />
      </button>
      {copied !== undefined && <span role="status">{copied ? STRINGS.copied : STRINGS.notCopied}</span>}
      {message.role === "user" ? (
        <button
          type="button"
          className="plain"
          aria-label={STRINGS.message.edit}
          title={STRINGS.message.edit}
          data-edit
          disabled={!idle}
          onClick={() => actions.beginEdit(message)}
        >
          <Icon name="edit" />
        </button>
      ) : (
        <>
          <button
            type="button"
            className="plain"
            aria-label={STRINGS.message.againByName}
            title={STRINGS.message.again}
            disabled={!idle}
            onClick={() => actions.regenerate(message)}
          >
            <Icon name="again" />
          </button>
          <button
            type="button"
            className="plain"
            aria-label={STRINGS.message.good}
            title={STRINGS.message.good}
            aria-pressed={feedback === "up"}
            onClick={() => rate("up")}
          >
            <Icon name="up" />
          </button>
          <button
            type="button"
            className="plain"
            aria-label={STRINGS.message.bad}
            title={STRINGS.message.bad}
            aria-pressed={feedback === "down"}
            onClick={() => rate("down")}
          >
            <Icon name="up" turned />
          </button>
          <Usage metadata={message.metadata} />
        </>
      )}
    </div>
  );
}
