import { Lexer, type Token, type TokensList } from "marked";

/** A top-level block of a text: a paragraph, a list, a table … */
export type Block = Token;

/**
 * Splits a text into blocks. Of a text that has grown, only the end is read again: all but the last block of before stay as they were, since
 * what follows can change that block alone.
 */
export class Blocks {
  #text = "";
  #blocks: Block[] = [];
  #links: TokensList["links"] = {};

  of(text: string): Block[] {
    if (text === this.#text) return this.#blocks;
    const kept = text.startsWith(this.#text) ? withoutLastBlock(this.#blocks) : [];
    if (kept.length === 0) this.#links = {};
    const start = kept.reduce((length, block) => length + block.raw.length, 0);
    const lexer = new Lexer();
    Object.assign(lexer.tokens.links, this.#links);
    const read = lexer.lex(text.slice(start));
    // The definition of a link may stand behind its use, so a new one can change all blocks.
    const grown = Object.keys(read.links).length > Object.keys(this.#links).length;
    this.#links = read.links;
    this.#text = text;
    this.#blocks = grown && kept.length > 0 ? Lexer.lex(text) : [...kept, ...read];
    return this.#blocks;
  }
}

function withoutLastBlock(blocks: Block[]): Block[] {
  // Blank lines belong to the block before them: a list may go on behind them.
  const last = blocks.findLastIndex((block) => block.type !== "space");
  return blocks.slice(0, Math.max(last, 0));
}
