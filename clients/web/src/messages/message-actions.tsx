import { useState } from "react";
import { copy } from "../clipboard";
import type { ConversationActions } from "../conversation/actions";
import { IconButton } from "../icon-button";
import { STRINGS } from "../strings";
import { BranchPicker } from "./branch-picker";
import { getText, type ChatMessage } from "./chat-message";
import { Usage } from "./usage";

type Props = { message: ChatMessage; idle: boolean; actions: ConversationActions };

const RATINGS = [
  { rating: "up", label: STRINGS.message.good, turned: false },
  { rating: "down", label: STRINGS.message.bad, turned: true },
] as const;

/** What can be done with a message, quietly below it. */
export function MessageActions({ message, idle, actions }: Props) {
  const [copied, setCopied] = useState<boolean>();
  const feedback = message.metadata?.feedback;

  const copyText = async () => {
    setCopied(await copy(getText(message)));
    setTimeout(() => setCopied(undefined), 1500);
  };

  return (
    <div className="actions" role="group" aria-label={STRINGS.message.actions[message.role]}>
      <BranchPicker message={message} disabled={!idle} onShow={actions.showBranch} />
      <IconButton icon="copy" label={STRINGS.copy} onClick={() => void copyText()} />
      {copied !== undefined && <span role="status">{copied ? STRINGS.copied : STRINGS.notCopied}</span>}
      {message.role === "user" ? (
        <IconButton icon="edit" label={STRINGS.message.edit} data-edit disabled={!idle} onClick={() => actions.beginEdit(message)} />
      ) : (
        <>
          <IconButton
            icon="again"
            label={STRINGS.message.againByName}
            title={STRINGS.message.again}
            disabled={!idle}
            onClick={() => actions.regenerate(message)}
          />
          {RATINGS.map(({ rating, label, turned }) => (
            <IconButton
              key={rating}
              icon="up"
              turned={turned}
              label={label}
              aria-pressed={feedback === rating}
              onClick={() => actions.rate(message, feedback === rating ? "none" : rating)}
            />
          ))}
          <Usage metadata={message.metadata} />
        </>
      )}
    </div>
  );
}
