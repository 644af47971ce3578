// Pasted text, which a terminal puts between marks when it is asked to: its line breaks are part of a message and do not send it.
import { Transform } from "node:stream";
import { plain } from "./screen.js";

const BEGIN = "\x1b[200~";
const END = "\x1b[201~";
/** Asks the terminal for the marks, or for none any more. */
export const MARKS_ON = "\x1b[?2004h";
export const MARKS_OFF = "\x1b[?2004l";
/** What a line break of a paste looks like while the line is edited. */
const BREAK = "␤";
/** So long the rest of a mark is waited for: what begins like one may be a key. */
const REST_MS = 50;

/** The line as it is meant, with the line breaks that were pasted. */
export const withBreaks = (line) => line.replaceAll(BREAK, "\n");

/** What is typed and pasted at the terminal `input`, for `readline`: of a paste no character is a key. */
export function readPastes(input) {
  let rest = "";
  let isPasting = false;
  let timer;
  const nextMark = () => (isPasting ? END : BEGIN);
  const keys = new Transform({
    decodeStrings: false,
    encoding: "utf8",
    transform(text, _, done) {
      clearTimeout(timer);
      rest += text;
      for (let at = rest.indexOf(nextMark()); at >= 0; at = rest.indexOf(nextMark())) {
        pass(rest.slice(0, at));
        rest = rest.slice(at + nextMark().length);
        isPasting = !isPasting;
      }
      const held = beginningOf(nextMark(), rest);
      pass(rest.slice(0, rest.length - held.length));
      rest = held;
      timer = setTimeout(() => {
        pass(rest);
        rest = "";
      }, REST_MS);
      done();
    },
    flush(done) {
      clearTimeout(timer);
      pass(rest);
      done();
    },
  });
  const pass = (text) => text && keys.push(isPasting ? plain(text.replace(/\r\n?/g, "\n")).replaceAll("\n", BREAK) : text);
  keys.isTTY = true;
  keys.setRawMode = (isRaw) => input.setRawMode(isRaw);
  return input.setEncoding("utf8").pipe(keys);
}

/** The end of `text` that may be the beginning of `mark`. */
function beginningOf(mark, text) {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(mark.slice(0, length))) return mark.slice(0, length);
  }
  return "";
}
