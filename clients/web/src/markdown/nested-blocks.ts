import type { Lexer, Token } from "marked";

/** Maximum nesting of details, to bound the parser's recursion. */
const MAX_DEPTH = 8;

const depths = new WeakMap<Lexer, number>();

/** Parses the blocks inside a block; returns undefined if it is nested too deep. */
export function nestedBlocks(lexer: Lexer, text: string): Token[] | undefined {
  const depth = depths.get(lexer) ?? 0;
  if (depth >= MAX_DEPTH) return undefined;
  const { top } = lexer.state;
  depths.set(lexer, depth + 1);
  lexer.state.top = true;
  const tokens = lexer.blockTokens(text, []);
  lexer.state.top = top;
  depths.set(lexer, depth);
  return tokens;
}
