import { Lexer, Marked, Tokenizer, type MarkedOptions, type Token, type TokenizerExtension, type Tokens } from "marked";
import { details } from "./details-syntax";
import { emStrong, maskPunctuation } from "./emphasis";
import { footnote, footnoteReference } from "./footnote-syntax";
import { blockMath, inlineMath, maskMath, openBlockMath, type Formula } from "./math-syntax";
import { findUnfinished, complete } from "./unfinished";

/** What is still being written and cannot be read yet: it is shown as it stands. */
export type Unfinished = { type: "unfinished"; raw: string; text: string };

/** A block of formulas at the end of a text that grows. */
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

/** One reading of a text, or of its end: first its blocks, then, when all definitions of links are known, what is in their lines. */
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

  /** Whether `rest` is the end of the text, and the text goes on. */
  isGrowingAt(rest: string): boolean {
    return this.#growing && this.#source.endsWith(rest);
  }

  /** Reads the lines. What was read `before` is not read again; returns what is known now. */
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

  // Whether the last line is where the text goes on. Its block is then read again when more has come.
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
    // Of a link, what it says is enough until it is known where it leads.
    const text = /^!?\[([^\]]*)\]\(/.exec(raw)?.[1] ?? raw;
    return [...this.inlineTokens(source.slice(0, begin)), { type: "unfinished", raw, text } satisfies Unfinished];
  }
}

const WITHOUT_LINES = new Set(["code", "html", "hr", "def", "math", "space"]);

/** What the lines of a text say, by their source. */
export type Lines = Map<string, Token[]>;

/** Where links lead that are defined elsewhere, by their label. */
export type Links = Record<string, { href: string; title?: string }>;

/** The definition of a link. `[Note]: wait` is none: its text would vanish, since a definition is not shown. */
function definition(this: Tokenizer, source: string): Tokens.Def | undefined {
  const found = Tokenizer.prototype.def.call(this, source) as Tokens.Def | undefined;
  return found && /[/.:#@]/.test(found.href) ? found : undefined;
}
