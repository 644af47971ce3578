import type { Token, Tokens } from "marked";

/** What is nested deeper is not drawn: it is no text, and the stack has an end. */
const MAX_DEPTH = 100;

/** Tokens and all that are in them, in the order of the text. Throws a `RangeError` when they are nested too deep. */
export function everyToken(tokens: readonly Token[], found: Token[] = [], depth = 0): Token[] {
  if (depth > MAX_DEPTH) throw new RangeError("The text is nested too deep.");
  for (const token of tokens) {
    found.push(token);
    const { summary, items, header, rows, tokens: inner } = token as Tokens.Generic;
    if (summary) everyToken(summary, found, depth + 1);
    if (items) everyToken(items, found, depth + 1);
    if (header) for (const cell of [header, ...rows].flat() as Tokens.TableCell[]) everyToken(cell.tokens, found, depth + 1);
    if (inner) everyToken(inner, found, depth + 1);
  }
  return found;
}

/** What a token was read from, and as what: the same for tokens that look the same. The same source can be read as another text where other blocks follow. */
export function getSource(token: Token): string {
  return [token.type, token.raw, (token as Tokens.Generic).text].join("\0");
}
