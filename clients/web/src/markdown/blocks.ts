import type { Token, Tokens } from "marked";
import type { Footnote, FootnoteReference } from "./footnote-syntax";
import { Reading, type Lines, type Links } from "./reading";
import { everyToken, getSource } from "./tokens";

/** A top-level block of a text: a paragraph, a list, a table … An unchanged block keeps its identity. */
export type Block = {
  readonly type: string;
  readonly raw: string;
  readonly token: Token;
  /** What else its content depends on: the links and footnotes that are defined in the whole text. */
  readonly definitions: string;
};

/** A block, with what in it affects other blocks. */
type ReadBlock = ReturnType<typeof asBlock>;

/** A footnote, numbered by its first reference. */
export type NumberedFootnote = Footnote & { number: number };

/**
 * Splits a text into blocks. Of a text that has grown, only the end is parsed again; the result is always that of parsing it as a whole.
 */
export class Blocks {
  #text = "";
  #growing = false;
  #blocks: ReadBlock[] = [];
  #definitions = "";
  #lines: Lines = new Map();
  #footnotes: NumberedFootnote[] = [];

  /** The blocks of `text`. While it is `growing`, unfinished syntax at its end may be shown provisionally. */
  of(text: string, growing = false): readonly Block[] {
    const source = text.replace(/\r\n?/g, "\n");
    if (source === this.#text && growing === this.#growing) return this.#blocks;
    try {
      this.#read(source, growing, source.startsWith(this.#text) ? settled(this.#blocks) : []);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#blocks = [asBlock(asWritten(source))];
      this.#footnotes = [];
    }
    this.#text = source;
    this.#growing = growing;
    return this.#blocks;
  }

  /** The footnotes, by number. */
  get footnotes(): readonly NumberedFootnote[] {
    return this.#footnotes;
  }

  #read(source: string, growing: boolean, kept: ReadBlock[]): void {
    const start = kept.reduce((length, { raw }) => length + raw.length, 0);
    const reading = new Reading(source.slice(start), growing);
    const read = reading.blocks.map(asBlock);
    const blocks = [...kept, ...read];
    const links = linksOf(blocks, growing && !source.endsWith("\n"));
    const notes = blocks.flatMap((block) => block.notes);
    const definitions = JSON.stringify([links, notes.map(({ label }) => label)]);
    const isRedefined = definitions !== this.#definitions;
    if (isRedefined) {
      // A definition may follow its use, so each one can change all blocks.
      this.#definitions = definitions;
      this.#lines.clear();
      if (kept.length > 0) {
        this.#read(source, growing, []);
        return;
      }
    }
    this.#lines = reading.readLines(links, this.#lines);
    for (const block of read) {
      block.references = ofType<FootnoteReference>(block.token, "footnote-reference");
      block.definitions = definitions;
    }
    this.#footnotes = numbered(blocks, notes);
    const before = isRedefined || start === 0 || this.#growing !== growing ? kept : this.#blocks;
    this.#blocks = blocks.map((block, index) => {
      const former = before[index];
      return former && (former === block || getSource(former.token) === getSource(block.token)) ? former : block;
    });
  }
}

/** A block that shows its source as plain text, for what is nested too deep to be parsed. */
function asWritten(source: string): Token {
  return { type: "html", raw: source, text: source, pre: false, block: true };
}

function asBlock(token: Token) {
  const references: FootnoteReference[] = [];
  return {
    type: token.type,
    raw: token.raw,
    token,
    definitions: "",
    links: ofType<Tokens.Def>(token, "def"),
    notes: ofType<Footnote>(token, "footnote"),
    references,
  };
}

function ofType<Wanted extends { type: string }>(token: Token, type: Wanted["type"]): Wanted[] {
  return everyToken([token]).filter((each) => each.type === type) as unknown[] as Wanted[];
}

/**
 * The blocks that later text cannot change. The last block may continue. A block before it without a blank line between them may turn out to be
 * part of it, and a list includes what follows a blank line, once that is known to be an item.
 */
function settled(blocks: readonly ReadBlock[]): ReadBlock[] {
  const last = blocks.findLastIndex(({ type }) => type !== "space");
  let first = last;
  if (blocks[last - 1]?.type === "space" && blocks[last - 2]?.type === "list") first -= 2;
  while (first > 0 && !/\n[ \t]*\n\s*$/.test(blocks[first - 1]!.raw)) first -= 1;
  return blocks.slice(0, Math.max(first, 0));
}

/** The link definitions. One that is still being streamed does not count. */
function linksOf(blocks: readonly ReadBlock[], isOpen: boolean): Links {
  const links: Links = {};
  const last = blocks.at(-1)?.token;
  for (const definition of blocks.flatMap((block) => block.links)) {
    if (!isOpen || definition !== last) links[definition.tag] ??= { href: definition.href, title: definition.title };
  }
  return links;
}

/** Numbers footnotes by their first reference, and sets the numbers of the references. Footnotes without one come last, so that nothing is lost. */
function numbered(blocks: readonly ReadBlock[], notes: readonly Footnote[]): NumberedFootnote[] {
  const byLabel = new Map(notes.toReversed().map((note) => [note.label, note]));
  const found = new Map<Footnote, NumberedFootnote>();
  const number = (note: Footnote) => {
    const known = found.get(note) ?? { ...note, number: found.size + 1 };
    found.set(note, known);
    return known.number;
  };
  for (const reference of blocks.flatMap((block) => block.references)) {
    const note = byLabel.get(reference.label);
    reference.number = note && number(note);
  }
  byLabel.forEach((note) => number(note));
  return [...found.values()];
}
