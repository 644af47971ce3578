import { copy } from "../clipboard";
import { STRINGS } from "../strings";

/** Copies the code that `button` belongs to. */
export async function copyCode(button: HTMLButtonElement) {
  const code = button.closest("figure")?.querySelector("code")?.textContent;
  if (code === undefined || code === null) return;
  button.textContent = (await copy(code)) ? STRINGS.copied : STRINGS.notCopied;
  setTimeout(() => (button.textContent = STRINGS.copy), 1500);
}

/** Scrolls to the element that `selector` matches in the same text: from a footnote reference to the footnote, or back. */
export function goToNote(button: HTMLButtonElement, selector: string) {
  const target = button.closest(".markdown")?.querySelector<HTMLElement>(selector);
  target?.scrollIntoView({ block: "nearest" });
  target?.focus({ preventScroll: true });
}

/** Scrolls to the heading of the same text that a link such as `#how-it-works` refers to. */
export function goToHeading(button: HTMLButtonElement, name: string) {
  const headings = button.closest(".markdown")?.querySelectorAll("h1, h2, h3, h4, h5, h6") ?? [];
  for (const heading of headings) if (findAnchor(heading) === name.toLowerCase()) return heading.scrollIntoView({ block: "start" });
}

/** A heading's anchor, as on GitHub. */
function findAnchor(heading: Element): string {
  return (heading.textContent ?? "")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** Shows the diagram that `button` belongs to, or its code again. */
export async function draw(button: HTMLButtonElement) {
  const figure = button.closest("figure");
  const code = figure?.querySelector("code")?.textContent;
  if (!figure || !code) return;
  const { toggleDrawing } = await import("./drawing");
  await toggleDrawing(button, figure, code);
}
