import { Lexer, Marked, Tokenizer, type MarkedOptions, type Token, type TokenizerExtension, type Tokens } from "marked";
import { details } from "./details-syntax";
import { emStrong, maskPunctuation } from "./emphasis";
import { footnote, footnoteReference } from "./footnote-syntax";
import { blockMath, inlineMath, maskMath, openBlockMath, type Formula } from "./math-syntax";
import { findUnfinished, complete } from "./unfinished";

/** Unfinished syntax at the end of a growing text, shown as written. */
export type Unfinished = { type: "unfinished"; raw: string; text: string };

/** A display formula at the end of a growing text. */
const openMath: TokenizerExtension = {
  name: "open-math",
  level: "block",
  tokenizer(source, tokens): Formula | undefined {
    const { lexer } = this;
    return lexer instanceof Reading && tokens === lexer.blocks && lexer.isGrowingAt(source) ? openBlockMath(source) : undefined;
  },
};

const OPTIONS: MarkedOptions = new Marked({ gfm: true }).use({
  extensions: [openMath, blockMath, inlineMath, details, footnote, footnoteReference],
  tokenizer: { emStrong, def: definition },
  hooks: { emStrongMask: (source) => maskPunctuation(maskMath(source)) },
}).defaults;

/** Parses a text, or its end: first the blocks, then, when all link definitions are known, their inline content. */
export class Reading extends Lexer {
  readonly blocks: Token[] = [];
  readonly #source: string;
  readonly #growing: boolean;

  constructor(source: string, growing: boolean) {
    super(OPTIONS);
    this.#source = source;
    this.#growing = growing;
    this.blockTokens(source, this.blocks);
  }

  /** Whether `rest` is the end of the text, and the text is growing. */
  isGrowingAt(rest: string): boolean {
    return this.#growing && this.#source.endsWith(rest);
  }

  /** Parses the inline content. What is in the cache `before` is not parsed again; returns the new cache. */
  readLines(links: Links, before: Lines): Lines {
    this.tokens.links = Object.assign(Object.create(null), links);
    const now: Lines = new Map();
    const last = this.#isLineGrowing() ? this.inlineQueue.at(-1) : undefined;
    for (const run of this.inlineQueue) {
      this.state.inRawBlock = false;
      const tokens = run === last ? this.#readGrowing(run.src) : (before.get(run.src) ?? this.inlineTokens(run.src));
      if (run !== last) now.set(run.src, tokens);
      run.tokens.push(...tokens);
    }
    this.inlineQueue = [];
    return now;
  }

  // Whether the last line may continue. Its block is then parsed again when more text has arrived.
  #isLineGrowing(): boolean {
    const line = this.inlineQueue.at(-1)?.src;
    const block = this.blocks.at(-1);
    return (
      line !== undefined && block !== undefined && !WITHOUT_LINES.has(block.type) && block.raw.endsWith(line) && this.isGrowingAt(line)
    );
  }

  #readGrowing(source: string): Token[] {
    const begin = findUnfinished(source);
    if (begin === undefined) return this.inlineTokens(complete(source));
    const raw = source.slice(begin);
    // A link shows its text until its address is known.
    const text = /^!?\[([^\]]*)\]\(/.exec(raw)?.[1] ?? raw;
    return [...this.inlineTokens(source.slice(0, begin)), { type: "unfinished", raw, text } satisfies Unfinished];
  }
}

const WITHOUT_LINES = new Set(["code", "html", "hr", "def", "math", "space"]);

/** The inline tokens of a text, by their source. */
export type Lines = Map<string, Token[]>;

/** The link definitions, by label. */
export type Links = Record<string, { href: string; title?: string }>;

/** A link definition. `[Note]: wait` is not one: a definition is not shown, so its text would vanish. */
function definition(this: Tokenizer, source: string): Tokens.Def | undefined {
  const found = Tokenizer.prototype.def.call(this, source) as Tokens.Def | undefined;
  return found && /[/.:#@]/.test(found.href) ? found : undefined;
}
