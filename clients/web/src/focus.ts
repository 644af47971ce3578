// Where the keyboard's focus goes when what had it is gone. A focus that is lost lets a keyboard begin at the top of the page again.

/** Whether fingers are what the page is used with: there, a focused field opens a keyboard over half of the screen. */
export const isTouch = () => matchMedia("(pointer: coarse)").matches;

/** Focuses the element that `selector` names, as soon as what was just changed is rendered. */
export function focusSoon(selector: string) {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus({ preventScroll: true }));
}

/** For so many frames what was just changed may still be on screen. */
const MAX_FRAMES = 15;

let newest = "";

/** The same, if the focus is lost soon, since what had it is replaced. Whatever else takes it keeps it, and the last to ask for it gets it. */
export function focusIfLost(selector: string) {
  newest = selector;
  const wait = (frames: number) =>
    requestAnimationFrame(() => {
      if (newest !== selector) return;
      const element = document.querySelector<HTMLElement>(selector);
      if (isLost() && element) element.focus({ preventScroll: true });
      else if (frames > 1) wait(frames - 1);
    });
  wait(MAX_FRAMES);
}

/** What a reply asks of the user. */
export const ASKING = ".ask :is(button, input)";

/** The field to write in. */
export const FIELD = ".composer textarea";

/** The same, or what was said above it where a keyboard would cover that. */
export const WRITING = () => (isTouch() ? ".messages" : FIELD);

// What is disabled loses the focus only in some browsers.
function isLost(): boolean {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused.matches(":disabled");
}
