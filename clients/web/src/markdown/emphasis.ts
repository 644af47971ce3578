import { Tokenizer, type Tokens } from "marked";

// Chinese, Japanese and Korean have no spaces between words, so punctuation beside an emphasis marker does not show where a word ends:
// strictly by CommonMark, the second marker of **粗体。**后 would not close the first.
const EAST_ASIAN = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF00-\uFFEF]`;
const PUNCTUATION = String.raw`(?![*_])[\p{P}\p{S}]`;
const BESIDE_A_MARK = new RegExp(String.raw`${PUNCTUATION}(?=\*+${EAST_ASIAN})|(?<=${EAST_ASIAN}\*+)${PUNCTUATION}`, "gu");
const EAST_ASIAN_CHARACTER = new RegExp(EAST_ASIAN, "u");

/** Masks such punctuation for the search for emphasis. The length stays the same. */
export function maskPunctuation(source: string): string {
  return EAST_ASIAN_CHARACTER.test(source) ? source.replace(BESIDE_A_MARK, (found) => "a".repeat(found.length)) : source;
}

/** Emphasis that may begin with punctuation, such as a quotation mark, after an East Asian character. */
export function emStrong(this: Tokenizer, source: string, masked: string, before = ""): Tokens.Em | Tokens.Strong | undefined {
  const previous = source.startsWith("*") && EAST_ASIAN_CHARACTER.test(before) ? "" : before;
  return Tokenizer.prototype.emStrong.call(this, source, masked, previous) as Tokens.Em | Tokens.Strong | undefined;
}
