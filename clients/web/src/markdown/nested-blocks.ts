import type { Lexer, Token } from "marked";

/** Nobody folds details more than so many times into each other, but for the sake of the stack of whoever reads them. */
const MAX_DEPTH = 8;

const depths = new WeakMap<Lexer, number>();

/** The blocks in a block, whatever that is in; nothing where it is too deep in others. */
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
