import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { Icon } from "../icons";
import { placeMenu } from "./placement";

type Item = { name: string; act: () => void; grave?: boolean };

/** A button that shows a short list of things to do, over all else, so that no edge cuts it off. */
export function Menu({ label, items }: { label: string; items: Item[] }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useLayoutEffect(() => {
    const menu = root.current?.querySelector<HTMLElement>("[role=menu]");
    if (!open || !menu || !button.current) return;
    menu.showPopover();
    placeMenu(menu, button.current);
    menu.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
    const closeOutside = (event: Event) => !root.current?.contains(event.target as Node) && setOpen(false);
    // It does not move with its button. What scrolls elsewhere, such as a reply that grows, moves neither.
    const closeMoved = (event: Event) => (event.target as Node).contains(button.current) && close();
    // The keyboard of a phone that goes away makes the window larger.
    const placeAnew = () => button.current && placeMenu(menu, button.current);
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("scroll", closeMoved, { capture: true, passive: true });
    addEventListener("resize", placeAnew);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("scroll", closeMoved, { capture: true });
      removeEventListener("resize", placeAnew);
    };
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    if (event.key === "Tab") return setOpen(false);
    const entries = [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: entries.length - 1 }[event.key];
    if (event.key !== "Escape" && next === undefined) return;
    event.preventDefault();
    // The list around this menu has arrows of its own, and Esc would stop a reply.
    event.stopPropagation();
    if (next === undefined) close();
    else entries[next % entries.length]?.focus();
  };

  return (
    <div className="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        className="plain"
        ref={button}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {open && (
        <div role="menu" id={id} popover="manual" className="menu-items" aria-label={label}>
          {items.map((item) => (
            <button
              type="button"
              role="menuitem"
              tabIndex={-1}
              key={item.name}
              className={item.grave ? "grave" : undefined}
              onClick={() => {
                close();
                item.act();
              }}
            >
              {item.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
