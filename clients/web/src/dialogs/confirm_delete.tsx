import { useState } from "react";
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
      setProblem(`It was not deleted: ${(error as Error).message}`);
    }
  };

  return (
    <Dialog title="Delete this conversation?" onClose={onClose}>
      <p>
        <b dir="auto">{title}</b> and all its messages will be gone, on all your devices. This cannot be undone.
      </p>
      {problem && <p role="alert">{problem}</p>}
      <footer>
        <button type="button" className="quiet" autoFocus onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="grave" onClick={() => void remove()}>
          Delete
        </button>
      </footer>
    </Dialog>
  );
}
