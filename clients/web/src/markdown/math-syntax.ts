import type { TokenizerExtension } from "marked";

/** A TeX formula. `display`: on lines of its own. `open`: its closing delimiter has not arrived yet. */
export type Formula = { type: "math"; raw: string; text: string; display: boolean; open: boolean };

// A formula contains no blank line, so one without an end affects one paragraph at most, and its length is bounded.
const CHARACTER = String.raw`(?:[^\n]|\n(?![ \t]*\n))`;
const within = (end: string) => `(?:(?!${end})${CHARACTER}){1,5000}?`;
const ENVIRONMENT = String.raw`\\begin\{(?<name>(?:equation|align|alignat|gather|multline|aligned|cases|[bpvBV]?matrix|CD)\*?)\}`;
const BLOCK = new RegExp(
  [
    String.raw`^ {0,3}(?:\$\$(?<dollars>${within(String.raw`\$\$`)})\$\$`,
    String.raw`|\\\[(?<brackets>${within(String.raw`\\\]`)})\\\]`,
    String.raw`|(?<environment>${ENVIRONMENT}${within(String.raw`\\end\{\k<name>\}`)}\\end\{\k<name>\}))[ \t]*(?:\n|$)`,
  ].join(""),
);
const OPEN_BLOCK = new RegExp(
  String.raw`^ {0,3}(?:\$\$(?!${CHARACTER}*\$\$)|\\\[(?!${CHARACTER}*\\\])|${ENVIRONMENT}(?!${CHARACTER}*\\end\{\k<name>\}))${CHARACTER}*$`,
);
const BLOCK_IN_PARAGRAPH = new RegExp(String.raw`(?<=\n)(?= {0,3}(?:\$\$|\\\[|${ENVIRONMENT}))`);

const DISPLAY_DOLLARS = /^\$\$(?!\$)((?:\\[\s\S]|[^\\$])+?)\$\$(?!\$)/;
const BRACKETS = /^\\\[((?:\\[^[\]]|[^\\])+?)\\\]/;
const PARENTHESES = /^\\\(((?:\\[^()]|[^\\])+?)\\\)/;
// The closing dollar sign follows no space and precedes no word: so $5 and $10 are prices, and $HOME/$USER is a path. But $n$th is allowed.
const DOLLARS = /^\$(?![\s$])((?:\\[\s\S]|[^\\$`])+?)\$(?:(?![\w${])|(?=(?:th|st|nd|rd|s)\b))/;

/** Formulas on lines of their own: `$$ … $$`, `\[ … \]` and environments such as `\begin{align}`. */
export const blockMath: TokenizerExtension = {
  name: "math",
  level: "block",
  start: (source) => source.search(BLOCK_IN_PARAGRAPH),
  tokenizer(source): Formula | undefined {
    const { 0: raw, groups } = BLOCK.exec(source) ?? {};
    if (raw && groups) {
      const text = groups.dollars ?? groups.brackets ?? groups.environment ?? "";
      return groups.brackets && isProse(text) ? undefined : formula(raw, text, true);
    }
    return undefined;
  },
};

/** The same while its end has not arrived: its content must not be parsed as a list or a heading. Only for the end of a text. */
export function openBlockMath(source: string): Formula | undefined {
  return OPEN_BLOCK.test(source) ? { ...formula(source, source, true), open: true } : undefined;
}

/** Inline formulas: `$ … $`, `\( … \)`, and display formulas within a paragraph. */
export const inlineMath: TokenizerExtension = {
  name: "inline-math",
  level: "inline",
  start: (source) => source.indexOf("$"),
  tokenizer(source, tokens): Formula | undefined {
    const first = source[0];
    if (first === "\\") {
      const brackets = BRACKETS.exec(source);
      if (brackets?.[1] && !isProse(brackets[1])) return formula(brackets[0], brackets[1], true);
      const parentheses = PARENTHESES.exec(source);
      if (parentheses?.[1] && (!isProse(parentheses[1]) || /^[\d\s.,]+$/.test(parentheses[1])))
        return formula(parentheses[0], parentheses[1], false);
    }
    if (first !== "$") return undefined;
    const display = DISPLAY_DOLLARS.exec(source);
    if (display?.[1]?.trim()) return formula(display[0], display[1], true);
    const dollars = DOLLARS.exec(source);
    const isInWord = /[\w$]$/.test(tokens.at(-1)?.raw ?? "");
    return dollars?.[1] && !isInWord && isMeantAsFormula(dollars[1]) ? formula(dollars[0], dollars[1], false) : undefined;
  },
};

function formula(raw: string, text: string, display: boolean): Formula {
  return { type: "math", raw, text: text.trim(), display, open: false };
}

/** Escaped brackets around words, or around the number of a citation, are just brackets. */
function isProse(text: string): boolean {
  return /^[\p{L}\d\s.,;:'’"!?-]*$/u.test(text) && (/\p{L}{3}/u.test(text) || !/\p{L}/u.test(text));
}

/** Text between two dollar signs that begins with a digit is a formula only if it looks like one: "$5 now, 10$" are prices. */
function isMeantAsFormula(text: string): boolean {
  if (/[\s:,/]$/.test(text)) return false;
  return !/^\d/.test(text) || /^[\d.,]+$/.test(text) || /[\\^_={}<>+*/|!]|\d[a-z]\b/i.test(text);
}

/** Masks formulas for the search for emphasis, since `*` and `_` mean something else in them. The length stays the same. */
export function maskMath(source: string): string {
  return source.includes("$") ? source.replace(/\$\$?(?![\s$])[^$`]+\$/g, (found) => "a".repeat(found.length)) : source;
}
