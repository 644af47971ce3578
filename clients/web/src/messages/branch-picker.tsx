import { IconButton } from "../icon-button";
import { STRINGS } from "../strings";
import type { ChatMessage } from "./chat-message";

type Props = { message: ChatMessage; disabled: boolean; onShow: (messageId: string) => void };

/** Where a message was edited or a reply written again: goes from one version to the next, with all that follows it. */
export function BranchPicker({ message, disabled, onShow }: Props) {
  const siblings = message.metadata?.siblings ?? [];
  // A message that was sent from here is known to the page by the id that the page gave it, which is not among them.
  const at = siblings.indexOf(message.metadata?.serverId ?? message.id);
  if (siblings.length < 2 || at < 0) return null;
  const toSibling = (icon: "previous" | "next", label: string, sibling: string | undefined) => (
    <IconButton icon={icon} label={label} disabled={disabled || !sibling} onClick={() => sibling && onShow(sibling)} />
  );
  return (
    <span className="branches" role="group" aria-label={STRINGS.message.version(at + 1, siblings.length)}>
      {toSibling("previous", STRINGS.message.previousVersion, siblings[at - 1])}
      <span>
        {at + 1}/{siblings.length}
      </span>
      {toSibling("next", STRINGS.message.nextVersion, siblings[at + 1])}
    </span>
  );
}
