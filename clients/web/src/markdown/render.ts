import type { Token, Tokens } from "marked";
import { STRINGS } from "../strings";
import type { NumberedFootnote } from "./blocks";
import { renderCode } from "./code";
import type { Details } from "./details-syntax";
import { renderFormula, renderInline } from "./inline";
import type { Formula } from "./math-syntax";
import type { Rendered } from "./rendered";
import { getSource } from "./tokens";
import { element, joinText, type Node } from "./tree";

/**
 * Renders blocks. Unchanged parts are taken from the cache `rendered`, so a growing table of a thousand rows costs one row. If they are
 * `growing`, the last one is unfinished.
 */
export function renderBlocks(tokens: readonly Token[], rendered: Rendered, growing: boolean): Node[] {
  const nodes = tokens.flatMap((token, index) => {
    if (growing && index === tokens.length - 1) return renderBlock(token, rendered, true);
    return rendered.reuse(getSource(token), () => renderBlock(token, rendered, false));
  });
  return joinText(nodes);
}

/** Renders the footnotes of a text, each with a link back to its reference. */
export function renderFootnotes(notes: readonly NumberedFootnote[], rendered: Rendered): Node[] {
  const items = notes.map(({ label, tokens, number }) => {
    const back = element(
      "button",
      { type: "button", class: "link", "data-note": label, "aria-label": STRINGS.markdown.notes.back(number) },
      "↩",
    );
    return element("li", { "data-note": label, tabindex: "-1" }, renderBlocks(tokens, rendered, false), back);
  });
  return [element("section", { class: "footnotes", role: "group", "aria-label": STRINGS.markdown.notes.name }, element("ol", {}, items))];
}

function renderBlock(token: Token, rendered: Rendered, growing: boolean): Node[] {
  switch (token.type) {
    case "paragraph":
      return [element("p", {}, renderInline((token as Tokens.Paragraph).tokens))];
    case "heading":
      return [element(`h${(token as Tokens.Heading).depth as 1}`, {}, renderInline((token as Tokens.Heading).tokens))];
    case "code":
      return [renderCode(token as Tokens.Code, rendered, growing)];
    case "list":
      return [renderList(token as Tokens.List, rendered, growing)];
    case "table":
      return [renderTable(token as Tokens.Table, rendered, growing)];
    case "blockquote":
      return [element("blockquote", {}, renderBlocks((token as Tokens.Blockquote).tokens, rendered, growing))];
    case "details":
      return [renderDetails(token as unknown as Details, rendered, growing)];
    case "math":
      return [element("p", {}, renderFormula(token as unknown as Formula))];
    case "hr":
      return [element("hr", {})];
    case "html":
      return [element("p", { class: "source" }, token.raw.trimEnd())];
    case "space":
    case "def":
    case "footnote":
      return [];
  }
  // The text of a tight list, and other inline content.
  return renderInline([token]);
}

function renderList({ ordered, start, items, loose }: Tokens.List, rendered: Rendered, growing: boolean): Node {
  const nodes = items.flatMap((item, index) => {
    const render = (isLast: boolean) => [element("li", item.task ? { class: "task" } : {}, renderBlocks(item.tokens, rendered, isLast))];
    if (growing && index === items.length - 1) return render(true);
    return rendered.reuse(`${loose} ${getSource(item)}`, () => render(false));
  });
  return ordered ? element("ol", start === 1 ? {} : { start: String(start) }, nodes) : element("ul", {}, nodes);
}

function renderTable({ header, rows }: Tokens.Table, rendered: Rendered, growing: boolean): Node {
  const renderRow = (cells: Tokens.TableCell[], tag: "th" | "td") => [
    element(
      "tr",
      {},
      cells.map((cell) => element(tag, cell.align ? { align: cell.align } : {}, renderInline(cell.tokens))),
    ),
  ];
  const nodes = rows.flatMap((cells, index) => {
    if (growing && index === rows.length - 1) return renderRow(cells, "td");
    return rendered.reuse(`row ${cells.map(({ text, align }) => `${align} ${text}`).join("\0")}`, () => renderRow(cells, "td"));
  });
  const table = element("table", {}, element("thead", {}, renderRow(header, "th")), element("tbody", {}, nodes));
  // A wide table scrolls by itself, also by keyboard.
  return element("div", { class: "table", tabindex: "0", role: "group", "aria-label": STRINGS.markdown.table }, table);
}

function renderDetails({ open, summary, tokens }: Details, rendered: Rendered, growing: boolean): Node {
  return element(
    "details",
    open ? { open: "" } : {},
    element("summary", {}, renderInline(summary)),
    renderBlocks(tokens, rendered, growing),
  );
}
