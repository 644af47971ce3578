// The entities that occur in texts; all others are shown as written.
const NAMED = new Map(
  // biome-ignore format: one per line, they would take several pages.
  Object.entries({
    amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00A0", ensp: "\u2002", emsp: "\u2003", thinsp: "\u2009", shy: "\u00AD", zwj: "\u200D", zwnj: "\u200C",
    ndash: "–", mdash: "—", hellip: "…", bull: "•", middot: "·", lsquo: "‘", rsquo: "’", sbquo: "‚", ldquo: "“", rdquo: "”", bdquo: "„", laquo: "«", raquo: "»",
    lsaquo: "‹", rsaquo: "›", copy: "©", reg: "®", trade: "™", sect: "§", para: "¶", deg: "°", plusmn: "±", times: "×", divide: "÷", minus: "−", frac12: "½",
    frac14: "¼", frac34: "¾", sup1: "¹", sup2: "²", sup3: "³", micro: "µ", permil: "‰", cent: "¢", pound: "£", yen: "¥", euro: "€", iexcl: "¡", iquest: "¿",
    larr: "←", uarr: "↑", rarr: "→", darr: "↓", harr: "↔", lArr: "⇐", rArr: "⇒", hArr: "⇔", le: "≤", ge: "≥", ne: "≠", asymp: "≈", equiv: "≡", infin: "∞",
    sum: "∑", prod: "∏", int: "∫", radic: "√", part: "∂", nabla: "∇", isin: "∈", notin: "∉", cap: "∩", cup: "∪", sub: "⊂", sup: "⊃", and: "∧", or: "∨",
    not: "¬", forall: "∀", exist: "∃", empty: "∅", alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", theta: "θ", lambda: "λ", mu: "μ", pi: "π",
    rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Pi: "Π", Sigma: "Σ", Phi: "Φ", Omega: "Ω",
    check: "✓", cross: "✗", hearts: "♥", star: "☆", num: "#", ast: "*", lowbar: "_", grave: "`", vert: "|", lbrack: "[", rbrack: "]", lcub: "{", rcub: "}",
    auml: "ä", ouml: "ö", uuml: "ü", Auml: "Ä", Ouml: "Ö", Uuml: "Ü", szlig: "ß", eacute: "é", egrave: "è", agrave: "à", ccedil: "ç", ntilde: "ñ",
    dollar: "$", percnt: "%", bsol: "\\", sol: "/", colon: ":", semi: ";", comma: ",", period: ".", excl: "!", quest: "?", lpar: "(", rpar: ")", equals: "=", plus: "+",
  }),
);

const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w{1,7}));/gi;

/** Decodes the entities in a text, such as `&amp;`. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(ENTITY, (source, decimal: string | undefined, hexadecimal: string | undefined, name: string | undefined) => {
    if (name) return NAMED.get(name) ?? source;
    const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? "", 16);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "\uFFFD";
  });
}
