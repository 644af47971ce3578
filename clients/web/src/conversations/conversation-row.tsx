import { useState, type MouseEvent } from "react";
import { toAddress } from "../address";
import { focusIfLost } from "../focus";
import { Menu } from "../dialogs/menu";
import type { Conversation } from "@natter/client";
import type { ConversationList } from "./conversation-list";
import { STRINGS } from "../strings";
import { TitleField } from "./title-field";

type Props = {
  conversation: Conversation;
  open: boolean;
  mark: "running" | "waiting" | "unread" | undefined;
  list: ConversationList;
  onOpen: (id: string) => void;
  onDelete: (id: string) => void;
};

/** One conversation in the list: a link, and what can be done with it. */
export function ConversationRow({ conversation, open, mark, list, onOpen, onDelete }: Props) {
  const [renaming, setRenaming] = useState(false);
  const title = conversation.title ?? STRINGS.newConversation;

  if (renaming) {
    return (
      <li className="row">
        <TitleField
          list={list}
          conversation={conversation}
          onDone={() => {
            setRenaming(false);
            focusIfLost(`.row a[href="${CSS.escape(toAddress(conversation.id))}"]`);
          }}
        />
      </li>
    );
  }

  return (
    <li className="row">
      <a
        href={toAddress(conversation.id)}
        dir="auto"
        title={title}
        className={conversation.title ? undefined : "untitled"}
        aria-current={open ? "page" : undefined}
        onClick={(event) => handleOpenClick(event, () => onOpen(conversation.id))}
      >
        {/* A key of its own lets a title that appears be faded in. */}
        <span key={title}>{title}</span>
      </a>
      {mark && <i className={`mark ${mark}`} role="img" aria-label={STRINGS.list.marks[mark]} title={STRINGS.list.marks[mark]} />}
      <Menu
        label={STRINGS.list.more(title)}
        items={[
          { name: STRINGS.list.rename, act: () => setRenaming(true) },
          { name: STRINGS.delete, act: () => onDelete(conversation.id), grave: true },
        ]}
      />
    </li>
  );
}

/** Opens a link in this page, unless another tab or window was asked for. */
export function handleOpenClick(event: MouseEvent, open: () => void) {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  open();
}
