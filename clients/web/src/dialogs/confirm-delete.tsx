import { useState } from "react";
import { STRINGS } from "../strings";
import { Dialog } from "./dialog";

type Props = { title: string; onDelete: () => Promise<void>; onClose: () => void };

/** Asks before a conversation is deleted: that cannot be undone. */
export function ConfirmDelete({ title, onDelete, onClose }: Props) {
  const [problem, setProblem] = useState<string>();

  const remove = async () => {
    try {
      await onDelete();
      onClose();
    } catch (error) {
      setProblem(STRINGS.deletion.failed((error as Error).message));
    }
  };

  return (
    <Dialog title={STRINGS.deletion.question} onClose={onClose}>
      <p>
        <b dir="auto">{title}</b> {STRINGS.deletion.consequence}
      </p>
      {problem && <p role="alert">{problem}</p>}
      <footer>
        {/* biome-ignore lint/a11y/noAutofocus: a dialog that opens has the keyboard, at the button that does no harm. */}
        <button type="button" className="quiet" autoFocus onClick={onClose}>
          {STRINGS.deletion.keep}
        </button>
        <button type="button" className="grave" onClick={() => void remove()}>
          {STRINGS.delete}
        </button>
      </footer>
    </Dialog>
  );
}
