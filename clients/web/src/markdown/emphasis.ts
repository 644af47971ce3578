import { Tokenizer, type Tokens } from "marked";

// Chinese, Japanese and Korean put no blanks between words, so punctuation beside a mark of emphasis says nothing of where a word ends there:
// by the letter of CommonMark, the second mark of **粗体。**后 would end nothing.
const EAST_ASIAN = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303F\uFF00-\uFFEF]`;
const PUNCTUATION = String.raw`(?![*_])[\p{P}\p{S}]`;
const BESIDE_A_MARK = new RegExp(String.raw`${PUNCTUATION}(?=\*+${EAST_ASIAN})|(?<=${EAST_ASIAN}\*+)${PUNCTUATION}`, "gu");
const EAST_ASIAN_CHARACTER = new RegExp(EAST_ASIAN, "u");

/** A source in which such punctuation is hidden from the search of emphasis. As long as before. */
export function maskPunctuation(source: string): string {
  return EAST_ASIAN_CHARACTER.test(source) ? source.replace(BESIDE_A_MARK, (found) => "a".repeat(found.length)) : source;
}

/** Emphasis that may begin with punctuation, such as a quotation mark, behind an East Asian character. */
export function emStrong(this: Tokenizer, source: string, masked: string, before = ""): Tokens.Em | Tokens.Strong | undefined {
  const previous = source.startsWith("*") && EAST_ASIAN_CHARACTER.test(before) ? "" : before;
  return Tokenizer.prototype.emStrong.call(this, source, masked, previous) as Tokens.Em | Tokens.Strong | undefined;
}
