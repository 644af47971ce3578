import { STRINGS } from "../strings";
import { element, getText, type Node } from "./tree";

const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** Images inside the reply itself: showing them makes no request, and an SVG in an image runs no script. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/i;

const MAX_SHOWN = 80;

/**
 * A link in a model's text: it opens in another tab, sends no referrer, and shows its host, whatever its text says. An address
 * that is not http, https, mailto or tel is shown as text, not as a link.
 */
export function link(href: string, label: readonly Node[]): Node[] {
  if (/^#./.test(href)) return [element("button", { type: "button", class: "link", "data-heading": href.slice(1) }, label)];
  const text = getText(label);
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !SCHEMES.has(url.protocol)) return href && text !== href ? [...label, ` (${shorten(href)})`] : [...label];
  const host = url.host || url.pathname;
  const anchor = element("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
  const isShown = [href, url.href, host].includes(text);
  return isShown ? [anchor] : [anchor, element("span", { class: "host" }, ` (${host})`)];
}

/** An image in a model's text. Loading it would tell its server that the reply was read, so it becomes a link, unless it is inside the reply. */
export function picture(href: string, description: string): Node {
  if (PICTURE.test(href)) return element("img", { src: href, alt: description, class: "picture" });
  return element("span", { class: "picture" }, link(href, [description || STRINGS.markdown.picture]));
}

function shorten(address: string): string {
  return address.length > MAX_SHOWN ? `${address.slice(0, MAX_SHOWN)}…` : address;
}
