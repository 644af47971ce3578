import type { Tokens } from "marked";
import { STRINGS } from "../strings";
import { highlightNodes, loadLanguage } from "./highlighting";
import type { Rendered } from "./rendered";
import { element, type Node } from "./tree";

const CLOSING_FENCE = /\n {0,3}(?:`{3,}|~{3,})[ \t]*\n*$/;

/** Renders a code block with its language and a copy button. Code is left-to-right in every language. */
export function renderCode({ text, lang, raw, codeBlockStyle }: Tokens.Code, rendered: Rendered, growing: boolean): Node {
  const language = /^[^\s{,]*/.exec(lang ?? "")?.[0].toLowerCase() ?? "";
  const isOpen = growing && codeBlockStyle !== "indented" && !CLOSING_FENCE.test(raw);
  rendered.want(loadLanguage(language));
  const buttons = [element("button", { type: "button", "data-copy": "code" }, STRINGS.copy)];
  if (language === "mermaid" && !isOpen)
    buttons.unshift(element("button", { type: "button", "data-draw": "mermaid" }, STRINGS.markdown.diagram.draw));
  return element(
    "figure",
    { class: "code", dir: "ltr" },
    element("figcaption", {}, element("span", {}, language || STRINGS.markdown.codeOfNoLanguage), element("span", {}, buttons)),
    element("pre", { tabindex: "0" }, element("code", {}, highlightNodes(text, language, isOpen))),
  );
}
