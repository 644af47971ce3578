// The end of a line that is still being streamed. It must not flicker: no syntax is shown as something else before it is complete.

const OPEN_LINK = /!?\[[^[\]`\n]*\]\([^()\s]*$/;

/** The index in a line where unfinished syntax begins: a formula, or the address of a link. */
export function findUnfinished(source: string): number | undefined {
  return findOpenMath(source) ?? OPEN_LINK.exec(source)?.index;
}

/** Completes the last marker of a line, so that bold text or code is shown as such from its first letter on. */
export function complete(source: string): string {
  // Half of a marker would be another marker.
  const text = source.replace(/[*_~`]+$/, "");
  const end = text.trimEnd();
  return end + findOpenMark(end) + text.slice(end.length);
}

function findOpenMark(text: string): string {
  let code = "";
  let isStrong = false;
  for (const { 0: mark, index } of text.matchAll(/`+|\*\*/g)) {
    const next = text[index + mark.length] ?? "";
    if (code) code = mark === code ? "" : code;
    else if (mark.startsWith("`")) code = mark;
    else isStrong = !isStrong && /\S/.test(next);
  }
  return code || (isStrong ? "**" : "");
}

/**
 * The index in a line where a formula without an end begins. It is shown as written until then: its content is not emphasis, and its
 * backslashes escape nothing.
 */
function findOpenMath(source: string): number | undefined {
  const passed = /(`+)[^`][\s\S]*?\1(?!`)|\\\[[\s\S]+?\\\]|\\\([\s\S]+?\\\)|\$\$[^$]+\$\$|\$(?!\s)[^$`]*[^\s$`]\$|\\[^([]/y;
  const special = /[`$\\]/g;
  for (let found = special.exec(source); found; found = special.exec(source)) {
    passed.lastIndex = found.index;
    if (passed.test(source)) special.lastIndex = passed.lastIndex;
    else if (OPENING.test(source.slice(found.index, found.index + 24))) return found.index;
  }
  return undefined;
}

// Shell variables are in capitals, and prices are numbers.
const OPENING = /^(?:\\[([]|\$\$|\$(?![\s\d$]|\{?[A-Z][A-Z_]))/;
