import { useEffect, useRef, type ReactNode } from "react";
import { focusIfLost, WRITING } from "../focus";
import { IconButton } from "../icon-button";
import { STRINGS } from "../strings";

type Props = { title: string; onClose: () => void; children: ReactNode };

/** A window over the page. The browser keeps the focus inside, closes it on Esc and gives the focus back. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    element?.showModal();
    return () => {
      element?.close();
      before?.focus();
      // What had the focus may be gone with what the window did.
      focusIfLost(WRITING());
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onClose={onClose}
      onKeyDown={(event) => event.stopPropagation()}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="dialog">
        <header>
          <h2>{title}</h2>
          <IconButton icon="close" label={STRINGS.close} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
