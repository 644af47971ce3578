import { useEffect, useRef, useState } from "react";
import type { Conversation } from "@natter/client";
import { STRINGS } from "../strings";
import type { ConversationList } from "./conversation-list";

const MAX_TITLE_LENGTH = 200;

type Props = { list: ConversationList; conversation: Conversation; onDone: () => void };

/** A title, edited in place: Enter keeps it, Esc leaves it as it was. */
export function TitleField({ list, conversation, onDone }: Props) {
  const [title, setTitle] = useState(conversation.title ?? "");
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);

  useEffect(() => field.current?.select(), []);

  const keep = async () => {
    const wanted = title.trim();
    if (done.current) return;
    if (!wanted || wanted === conversation.title) return onDone();
    done.current = true;
    try {
      await list.rename(conversation.id, wanted);
      onDone();
    } catch (error) {
      done.current = false;
      setProblem(STRINGS.list.notRenamed((error as Error).message));
      field.current?.focus();
    }
  };

  return (
    <span className="title-field">
      <input
        ref={field}
        value={title}
        dir="auto"
        aria-label={STRINGS.list.title}
        aria-invalid={problem !== undefined}
        maxLength={MAX_TITLE_LENGTH}
        onChange={(event) => setTitle(event.target.value)}
        onBlur={() => !problem && void keep()}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter") void keep();
          if (event.key === "Escape") {
            event.stopPropagation();
            done.current = true;
            onDone();
          }
        }}
      />
      {problem && <span role="alert">{problem}</span>}
    </span>
  );
}
