type Katex = typeof import("./katex");

/** The maximum length of a formula in characters. A longer one is shown as source, since rendering it would take long. */
const MAX_CHARACTERS = 4000;

let katex: Katex | undefined;

/** Renders the formulas in `root` that are not rendered yet. Returns a promise if KaTeX has to be loaded first. */
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
    // An invalid formula is shown as written.
    formula.classList.add("source");
  }
}

/** Copies a formula as its source, since the text of its elements makes no sense. */
function copied(source: string): Node {
  const element = document.createElement("span");
  element.className = "copied";
  element.ariaHidden = "true";
  element.textContent = source;
  return element;
}
