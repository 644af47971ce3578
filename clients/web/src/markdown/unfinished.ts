// The end of a line that is still being written: it is to look calm, and to become what it will be without looking like something else before.

const OPEN_LINK = /!?\[[^[\]`\n]*\]\([^()\s]*$/;

/** Where in a line something begins that cannot be read before its end is there: a formula, or the address of a link. */
export function findUnfinished(source: string): number | undefined {
  return findOpenMath(source) ?? OPEN_LINK.exec(source)?.index;
}

/** A line with its last mark completed: what is to be bold or code is so from its first letter on. */
export function complete(source: string): string {
  // Half of a mark would be another mark.
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
 * Where a formula in a line begins that has no end yet. Until it has, it is shown as it is written: what is in it is no emphasis, and its
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

// A variable of a shell is in capitals, and a price is a number.
const OPENING = /^(?:\\[([]|\$\$|\$(?![\s\d$]|\{?[A-Z][A-Z_]))/;
