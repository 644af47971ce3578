type Katex = typeof import("./katex");

/** A longer formula is left as source, since rendering it would take long. */
const MAX_CHARACTERS = 4000;

let katex: Katex | undefined;

/** Draws the formulas in `root` that are not drawn yet. Returns what has to be loaded before that is possible. */
export function drawFormulas(root: Element): Promise<unknown> | undefined {
  const formulas = root.querySelectorAll<HTMLElement>("[data-math]:not([data-drawn])");
  if (formulas.length === 0) return undefined;
  if (!katex) return import("./katex").then((loaded) => (katex = loaded));
  for (const formula of formulas) drawFormula(formula, katex);
  return undefined;
}

function drawFormula(formula: HTMLElement, { toDom }: Katex) {
  formula.dataset.drawn = "";
  const source = formula.textContent ?? "";
  try {
    if (source.length > MAX_CHARACTERS) throw new RangeError("too long a formula");
    const isDisplay = formula.dataset.math === "display";
    formula.replaceChildren(toDom(source, isDisplay), copied(isDisplay ? `$$${source}$$` : `$${source}$`));
  } catch {
    // What is no formula is shown as it is written.
    formula.classList.add("source");
  }
}

/** What is copied of a formula: its source, since its parts make no sense in a row. */
function copied(source: string): Node {
  const element = document.createElement("span");
  element.className = "copied";
  element.ariaHidden = "true";
  element.textContent = source;
  return element;
}
