import { Lexer, Marked, Tokenizer, type MarkedOptions, type Token, type TokenizerExtension, type Tokens } from "marked";
import { details } from "./details_syntax";
import { emStrong, maskPunctuation } from "./emphasis";
import { footnote, footnoteReference } from "./footnote_syntax";
import { beginOfOpenMath, blockMath, inlineMath, maskMath, openBlockMath, type Formula } from "./math_syntax";

/** What is still being written and cannot be read yet: it is shown as it stands. */
export type Unfinished = { type: "unfinished"; raw: string; text: string };

/** A block of formulas at the end of a text that grows. */
const openMath: TokenizerExtension = {
  name: "open-math",
  level: "block",
  tokenizer(source): Formula | undefined {
    return this.lexer instanceof Reading && this.lexer.isGrowingAt(source) ? openBlockMath(source) : undefined;
  },
};

const OPTIONS: MarkedOptions = new Marked({ gfm: true }).use({
  extensions: [openMath, blockMath, inlineMath, details, footnote, footnoteReference],
  tokenizer: { emStrong, def: definition },
  hooks: { emStrongMask: (source) => maskPunctuation(maskMath(source)) },
}).defaults;

/** One reading of a text, or of its end: first its blocks, then, when all definitions of links are known, what is in their lines. */
export class Reading extends Lexer {
  readonly blocks: Token[];
  readonly #source: string;
  readonly #growing: boolean;

  constructor(source: string, growing: boolean) {
    super(OPTIONS);
    this.#source = source;
    this.#growing = growing;
    this.blocks = this.blockTokens(source, []);
  }

  /** Whether `rest` is the end of the text, and the text goes on. */
  isGrowingAt(rest: string): boolean {
    return this.#growing && this.#source.endsWith(rest);
  }

  /** Reads the lines. What was read `before` is not read again; returns what is known now. */
  readLines(links: Links, before: Lines): Lines {
    this.tokens.links = Object.assign(Object.create(null), links);
    const now: Lines = new Map();
    const last = this.inlineQueue.at(-1);
    for (const run of this.inlineQueue) {
      this.state.inRawBlock = false;
      const open = run === last && this.isGrowingAt(run.src) ? beginOfUnfinished(run.src) : undefined;
      const tokens = open === undefined ? (before.get(run.src) ?? this.inlineTokens(run.src)) : this.#unfinished(run.src, open);
      if (open === undefined) now.set(run.src, tokens);
      run.tokens.push(...tokens);
    }
    this.inlineQueue = [];
    return now;
  }

  #unfinished(source: string, begin: number): Token[] {
    const raw = source.slice(begin);
    // Of a link, what it says is enough until it is known where it leads.
    const text = /^!?\[([^\]]*)\]\(/.exec(raw)?.[1] ?? raw;
    return [...this.inlineTokens(source.slice(0, begin)), { type: "unfinished", raw, text } satisfies Unfinished];
  }
}

/** What the lines of a text say, by their source. */
export type Lines = Map<string, Token[]>;

/** Where links lead that are defined elsewhere, by their label. */
export type Links = Record<string, { href: string; title?: string }>;

const OPEN_LINK = /!?\[[^[\]`\n]*\]\([^()\s]*$/;

function beginOfUnfinished(source: string): number | undefined {
  const link = OPEN_LINK.exec(source)?.index;
  return beginOfOpenMath(source) ?? link;
}

/** The definition of a link. `[Note]: wait` is none: its text would vanish, since a definition is not shown. */
function definition(this: Tokenizer, source: string): Tokens.Def | undefined {
  const found = Tokenizer.prototype.def.call(this, source) as Tokens.Def | undefined;
  return found && /[/.:#@]/.test(found.href) ? found : undefined;
}
