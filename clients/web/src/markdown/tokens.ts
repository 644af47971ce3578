import type { Token, Tokens } from "marked";

/** Tokens and all that are in them, in the order of the text. */
export function everyToken(tokens: readonly Token[], found: Token[] = []): Token[] {
  for (const token of tokens) {
    found.push(token);
    const { summary, items, header, rows, tokens: inner } = token as Tokens.Generic;
    if (summary) everyToken(summary, found);
    if (items) everyToken(items, found);
    if (header) for (const cell of [header, ...rows].flat() as Tokens.TableCell[]) everyToken(cell.tokens, found);
    if (inner) everyToken(inner, found);
  }
  return found;
}

/** What a token was read from, and as what: the same for tokens that look the same. The same source can be read as another text where other blocks follow. */
export function sourceOf(token: Token): string {
  return [token.type, token.raw, (token as Tokens.Generic).text].join("\0");
}
