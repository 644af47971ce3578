import type { Token, TokenizerExtension } from "marked";
import { STRINGS } from "../strings";
import { nestedBlocks } from "./nested-blocks";

/** A collapsed block below a summary line. */
export type Details = { type: "details"; raw: string; open: boolean; summary: Token[]; tokens: Token[] };

const BEGIN = /^ {0,3}<details(?<open>\s+open(?:=(?:""|"open"|"true"))?)?\s*>/i;
const TAG = /<(\/?)details\b[^<>]*>/gi;
const SUMMARY = /^\s*<summary>([\s\S]*?)(?:<\/summary>|$)/i;

/** `<details>` with Markdown in it. Without a closing tag, it extends to the end of the text. */
export const details: TokenizerExtension = {
  name: "details",
  level: "block",
  tokenizer(source): Details | undefined {
    const begin = BEGIN.exec(source);
    if (!begin) return undefined;
    const { inside, raw } = upToEnd(source, begin[0].length);
    const summary = SUMMARY.exec(inside);
    const line = this.lexer.inline(summary?.[1]?.trim() || STRINGS.markdown.details, []);
    const tokens = nestedBlocks(this.lexer, withoutMargin(inside.slice(summary?.[0].length ?? 0)));
    if (!tokens) return undefined;
    return { type: "details", raw, open: begin.groups?.open !== undefined, summary: line, tokens };
  },
};

function upToEnd(source: string, begin: number): { inside: string; raw: string } {
  let depth = 1;
  for (const tag of source.slice(begin).matchAll(TAG)) {
    depth += tag[1] ? -1 : 1;
    if (depth > 0) continue;
    const end = begin + tag.index;
    const blank = /^[ \t]*\n?/.exec(source.slice(end + tag[0].length))?.[0] ?? "";
    return { inside: source.slice(begin, end), raw: source.slice(0, end) + tag[0] + blank };
  }
  return { inside: source.slice(begin), raw: source };
}

/** Removes the indentation that HTML often has, and that would be a code block in Markdown. */
function withoutMargin(text: string): string {
  const margins = [...text.matchAll(/^[ ]*(?=\S)/gm)].map(([margin]) => margin.length);
  const margin = margins.length > 0 ? Math.min(...margins) : 0;
  return margin > 0 ? text.replace(new RegExp(`^ {1,${margin}}`, "gm"), "") : text;
}
