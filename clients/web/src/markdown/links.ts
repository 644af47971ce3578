import { STRINGS } from "../strings";
import { element, getText, type Node } from "./tree";

const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** Pictures that are in the reply itself: to show them asks no server, and a drawing in one cannot do anything. */
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,]/i;

const MAX_SHOWN = 80;

/**
 * A link of a model: it opens elsewhere, tells its target nothing of this page, and shows where it leads, whatever its text says. What is not
 * an address of the web, of mail or of a telephone is no link, but its address is shown.
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

/** A picture of a model: loading it would tell its server that this reply was read, so it is a link, but for one that is in the reply itself. */
export function picture(href: string, description: string): Node {
  if (PICTURE.test(href)) return element("img", { src: href, alt: description, class: "picture" });
  return element("span", { class: "picture" }, link(href, [description || STRINGS.markdown.picture]));
}

function shorten(address: string): string {
  return address.length > MAX_SHOWN ? `${address.slice(0, MAX_SHOWN)}…` : address;
}
