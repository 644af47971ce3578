import { findLanguage, type LanguageName } from "./languages";
import { joinText, type Node } from "./tree";

type Highlighter = typeof import("./highlighter");

/** Of longer code only the beginning is coloured: its reader sees text sooner than colours. */
const MAX_CHARACTERS = 20_000;

/** Code that grows is coloured again when it has grown by a quarter, so that all of it is coloured five times at most, however it arrives. */
const GROWTH = 1.25;

const MAX_REMEMBERED = 8;

let highlighter: Highlighter | undefined;

/** Loads what colours code in `language`; nothing where that is there already, or nothing is known of the language. */
export function loadLanguage(language: string): Promise<unknown> | undefined {
  const name = findLanguage(language);
  if (!name || highlighter?.isLoaded(name)) return undefined;
  return import("./highlighter").then(async (loaded) => {
    await loaded.load(name);
    highlighter = loaded;
  });
}

/** `code`, coloured when the highlighter is loaded and knows the language. While it is `growing`, its last lines may wait for their colours. */
export function highlightNodes(code: string, language: string, growing: boolean): readonly Node[] {
  const name = findLanguage(language);
  if (!name || !highlighter?.isLoaded(name)) return [code];
  return colours.of(code, name, growing);
}

type Coloured = { language: LanguageName; code: string; nodes: readonly Node[] };

/** Remembers the colours of the code that is growing: they are kept for as far as they go. */
export class Colours {
  readonly #highlight: (code: string, language: LanguageName) => Node[];
  #remembered: Coloured[] = [];

  constructor(highlight: (code: string, language: LanguageName) => Node[]) {
    this.#highlight = highlight;
  }

  of(code: string, language: LanguageName, growing: boolean): readonly Node[] {
    // It ends with a line, so that what is coloured of code that grows keeps its colours.
    const isCut = growing || code.length > MAX_CHARACTERS;
    const end = isCut ? code.lastIndexOf("\n", MAX_CHARACTERS) + 1 : code.length;
    const known = this.#remembered.find((each) => each.language === language && code.startsWith(each.code) && each.code.length <= end);
    const isEnough = known && (known.code.length === end || (growing && end < known.code.length * GROWTH));
    const begin = isEnough ? known : this.#colour(code.slice(0, end), language, known);
    return joinText([...begin.nodes, code.slice(begin.code.length)]);
  }

  #colour(code: string, language: LanguageName, known: Coloured | undefined): Coloured {
    const begin = { language, code, nodes: this.#highlight(code, language) };
    this.#remembered = [begin, ...this.#remembered.filter((each) => each !== known)].slice(0, MAX_REMEMBERED);
    return begin;
  }
}

const colours = new Colours((code, language) => highlighter?.highlight(code, language) ?? [code]);
