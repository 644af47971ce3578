import { joinText, type Node } from "./tree";

type Highlighter = typeof import("./highlighter");

/** Of longer code only the beginning is highlighted, so that its text is shown sooner. */
const MAX_CHARACTERS = 20_000;

/** Growing code is highlighted again when it has grown by a quarter, so that each part is highlighted at most five times. */
const GROWTH = 1.25;

const MAX_REMEMBERED = 8;

let highlighter: Highlighter | undefined;

/** Loads what highlights `language`; returns nothing if that is loaded already, or `language` is known to be unknown. */
export function loadLanguage(language: string): Promise<unknown> | undefined {
  if (!language || highlighter?.isReady(language)) return undefined;
  // Which languages there are is a table that only replies with code need.
  return import("./highlighter").then(async (loaded) => {
    await loaded.load(language);
    highlighter = loaded;
  });
}

/** Renders `code`, highlighted if the highlighter is loaded and knows the language. While it is `growing`, its last lines may not be highlighted yet. */
export function highlightNodes(code: string, language: string, growing: boolean): readonly Node[] {
  return highlighter?.isLoaded(language) ? colours.of(code, language, growing) : [code];
}

type Coloured = { language: string; code: string; nodes: readonly Node[] };

/** Caches the highlighting of the code that is growing: it stays valid for the part that it covers. */
export class Colours {
  readonly #highlight: (code: string, language: string) => Node[];
  #remembered: Coloured[] = [];

  constructor(highlight: (code: string, language: string) => Node[]) {
    this.#highlight = highlight;
  }

  of(code: string, language: string, growing: boolean): readonly Node[] {
    // It ends at a line break, so that highlighted lines do not change when the code grows.
    const isCut = growing || code.length > MAX_CHARACTERS;
    const end = isCut ? code.lastIndexOf("\n", MAX_CHARACTERS) + 1 : code.length;
    const known = this.#remembered.find((each) => each.language === language && code.startsWith(each.code) && each.code.length <= end);
    const isEnough = known && (known.code.length === end || (growing && end < known.code.length * GROWTH));
    const begin = isEnough ? known : this.#colour(code.slice(0, end), language, known);
    return joinText([...begin.nodes, code.slice(begin.code.length)]);
  }

  #colour(code: string, language: string, known: Coloured | undefined): Coloured {
    const begin = { language, code, nodes: this.#highlight(code, language) };
    this.#remembered = [begin, ...this.#remembered.filter((each) => each !== known)].slice(0, MAX_REMEMBERED);
    return begin;
  }
}

const colours = new Colours((code, language) => highlighter?.highlight(code, language) ?? [code]);
