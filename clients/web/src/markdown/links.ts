import { escape } from "./escape";

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/**
 * A link of a model: it opens elsewhere, tells its target nothing of this page, and shows where it leads, whatever its text says. What is not
 * an address of the web or of mail is shown as text. `label` is HTML.
 */
export function link(href: string, label: string): string {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !SCHEMES.has(url.protocol)) return label;
  const host = url.protocol === "mailto:" ? url.pathname : url.host;
  const shown = [href, url.href, host].some((address) => escape(address) === label);
  const anchor = `<a href="${escape(url.href)}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`;
  return shown ? anchor : `${anchor} <span class="host">(${escape(host)})</span>`;
}

/** A picture of a model: loading it would tell its server that this reply was read, so it is a link. */
export function picture(href: string, description: string): string {
  return `<span class="picture">${link(href, escape(description || "Picture"))}</span>`;
}
