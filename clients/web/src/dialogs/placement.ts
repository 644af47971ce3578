/** So far from the edges of the window and from its button a menu stays, in pixels. */
const GAP_PX = 4;

/** Puts a menu that lies over the page below its button, or above where there is no room below; in the window in any case. */
export function placeMenu(menu: HTMLElement, button: HTMLElement) {
  const anchor = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = anchor.bottom + GAP_PX;
  const above = anchor.top - GAP_PX - height;
  const top = below + height + GAP_PX <= innerHeight ? below : above;
  const left = getComputedStyle(button).direction === "rtl" ? anchor.left : anchor.right - width;
  menu.style.top = `${within(top, innerHeight - height)}px`;
  menu.style.left = `${within(left, innerWidth - width)}px`;
}

const within = (place: number, end: number) => Math.max(GAP_PX, Math.min(place, end - GAP_PX));
