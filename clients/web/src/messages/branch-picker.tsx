import { Icon } from "../icons";
import { STRINGS } from "../strings";
import type { ChatMessage } from "./chat-message";

type Props = { message: ChatMessage; disabled: boolean; onShow: (messageId: string) => void };

/** Where a message was edited or a reply written again: goes from one version to the next, with all that follows it. */
export function BranchPicker({ message, disabled, onShow }: Props) {
  const siblings = message.metadata?.siblings ?? [];
  // A message that was sent from here is known to the page by the id that the page gave it, which is not among them.
  const at = siblings.indexOf(message.metadata?.serverId ?? message.id);
  if (siblings.length < 2 || at < 0) return null;
  const previous = siblings[at - 1];
  const next = siblings[at + 1];
  return (
    <span className="branches" role="group" aria-label={STRINGS.message.version(at + 1, siblings.length)}>
      <button
        type="button"
        className="plain"
        aria-label={STRINGS.message.previousVersion}
        disabled={disabled || !previous}
        onClick={() => previous && onShow(previous)}
      >
        <Icon name="previous" />
      </button>
      <span>
        {at + 1}/{siblings.length}
      </span>
      <button
        type="button"
        className="plain"
        aria-label={STRINGS.message.nextVersion}
        disabled={disabled || !next}
        onClick={() => next && onShow(next)}
      >
        <Icon name="next" />
      </button>
    </span>
  );
}
