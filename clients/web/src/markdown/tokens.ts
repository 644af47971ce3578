import type { Token, Tokens } from "marked";

/** Maximum nesting of tokens, to bound the recursion. */
const MAX_DEPTH = 100;

/** Returns tokens and all that are nested in them, in the order of the text. Throws a `RangeError` if they are nested too deep. */
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

/** A cache key: a token's type and source. Equal for tokens that render the same; the text is included because it may depend on the blocks that follow. */
export function getSource(token: Token): string {
  return [token.type, token.raw, (token as Tokens.Generic).text].join("\0");
}
