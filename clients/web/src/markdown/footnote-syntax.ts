import type { Token, TokenizerExtension } from "marked";
import { nestedBlocks } from "./nested-blocks";

/** A footnote, shown at the end of the text. */
export type Footnote = { type: "footnote"; raw: string; label: string; tokens: Token[] };

/** A reference to a footnote. It has a number once the footnote has arrived. */
export type FootnoteReference = { type: "footnote-reference"; raw: string; label: string; number?: number };

const LABEL = String.raw`\[\^(?<label>[^\]\s]{1,60})\]`;
const OTHER_BLOCK = String.raw`[ \t]*(?:\n|$)| {0,3}(?:#|>|\||\x60\x60\x60|~~~|[-*+] |\d+[.)] |\[\^[^\]\s]+\]:)`;
// Its lines, and the indented lines below it.
const NOTE = new RegExp(
  String.raw`^ {0,3}${LABEL}:[ \t]*(?<text>[^\n]*(?:\n(?!${OTHER_BLOCK})[^\n]+)*(?:(?:\n[ \t]*)*\n(?: {2,}|\t)[ \t]*[^\s][^\n]*)*)(?:\n|$)`,
);
const NOTE_IN_PARAGRAPH = new RegExp(String.raw`(?<=\n)(?= {0,3}${LABEL}:)`);
const REFERENCE = new RegExp(`^${LABEL}`);

/** `[^1]: The footnote.` */
export const footnote: TokenizerExtension = {
  name: "footnote",
  level: "block",
  start: (source) => source.search(NOTE_IN_PARAGRAPH),
  tokenizer(source): Footnote | undefined {
    const note = NOTE.exec(source);
    if (!note?.groups) return undefined;
    const { label = "", text = "" } = note.groups;
    const tokens = nestedBlocks(this.lexer, text.replace(/^(?: {1,4}|\t)/gm, ""));
    return tokens && { type: "footnote", raw: note[0], label, tokens };
  },
};

/** `[^1]` */
export const footnoteReference: TokenizerExtension = {
  name: "footnote-reference",
  level: "inline",
  tokenizer(source): FootnoteReference | undefined {
    const reference = REFERENCE.exec(source);
    return reference ? { type: "footnote-reference", raw: reference[0], label: reference.groups?.label ?? "" } : undefined;
  },
};
