/** A message with a script for the local stack's model, for example `script({ text: "exact reply" })`. */
export const script = (steps) => `script:${JSON.stringify(steps)}`;

/** The reply to `script({ tokens: count })`. */
export const numberedWords = (count) => Array.from({ length: count }, (_, index) => `w${index}`).join(" ");
