import type { Token, Tokens } from "marked";
import { STRINGS } from "../strings";
import { decodeEntities } from "./entities";
import type { FootnoteReference } from "./footnote-syntax";
import { link, picture } from "./links";
import type { Formula } from "./math-syntax";
import { element, FORMATTING_TAGS, joinText, type FormattingTag, type Node } from "./tree";

const OPENING_TAG = new RegExp(`^<(${FORMATTING_TAGS.join("|")})>$`, "i");

/** Renders inline tokens. */
export function renderInline(tokens: readonly Token[]): Node[] {
  const nodes: Node[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    const end = token.type === "html" ? findEndOfFormatting(tokens, index) : undefined;
    if (end === undefined) nodes.push(...renderToken(token));
    else {
      nodes.push(element(tagIn(token) as FormattingTag, {}, renderInline(tokens.slice(index + 1, end))));
      index = end;
    }
  }
  return joinText(nodes);
}

function renderToken(token: Token): Node[] {
  switch (token.type) {
    case "text":
      return "tokens" in token && token.tokens ? renderInline(token.tokens) : [decodeEntities((token as Tokens.Text).text)];
    case "escape":
      return [(token as Tokens.Escape).text];
    case "strong":
    case "em":
    case "del":
      return [element(token.type, {}, renderInline((token as Tokens.Strong).tokens))];
    case "codespan":
      return [element("code", {}, (token as Tokens.Codespan).text)];
    case "br":
      return [element("br", {})];
    case "html":
      // A model that mentions <div> means the text.
      return /^<br\s*\/?>$/i.test(token.raw) ? [element("br", {})] : [token.raw];
    case "link":
      return link(decodeEntities((token as Tokens.Link).href), renderInline((token as Tokens.Link).tokens));
    case "image":
      return [picture(decodeEntities((token as Tokens.Image).href), decodeEntities((token as Tokens.Image).text))];
    case "checkbox":
      return [(token as Tokens.Checkbox).checked ? "☑ " : "☐ "];
    case "math":
      return [renderFormula(token as unknown as Formula)];
    case "footnote-reference":
      return [renderReference(token as unknown as FootnoteReference)];
    case "unfinished":
      return [element("span", { class: "unfinished" }, (token as Tokens.Generic).text as string)];
  }
  return [token.raw];
}

/** A formula: its source, until it is rendered. Mathematics is left-to-right in every language. */
export function renderFormula({ text, display, open }: Formula): Node {
  if (open) return element("span", { class: "unfinished formula", dir: "ltr" }, text);
  const kind = display ? "display" : "inline";
  return { ...element("span", { class: `math ${kind}`, dir: "ltr", "data-math": kind }, text), sealed: true };
}

function renderReference({ label, number, raw }: FootnoteReference): Node {
  if (number === undefined) return raw;
  const name = STRINGS.markdown.notes.to(number);
  return element(
    "sup",
    {},
    element("button", { type: "button", class: "link", "data-reference": label, "aria-label": name }, String(number)),
  );
}

function tagIn(token: Token): string | undefined {
  return OPENING_TAG.exec(token.raw)?.[1]?.toLowerCase();
}

/** The index of the closing tag of a formatting tag; undefined for other tags, and for one that is not closed. */
function findEndOfFormatting(tokens: readonly Token[], begin: number): number | undefined {
  const tag = tagIn(tokens[begin]!);
  if (!tag) return undefined;
  let depth = 0;
  for (let index = begin; index < tokens.length; index += 1) {
    const raw = tokens[index]!.type === "html" ? tokens[index]!.raw.toLowerCase() : "";
    if (raw === `<${tag}>`) depth += 1;
    if (raw === `</${tag}>`) depth -= 1;
    if (depth === 0) return index;
  }
  return undefined;
}
