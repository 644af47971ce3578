import { STRINGS } from "../strings";

/** The server's limits of a message. */
export type Limits = { textBytes: number; textParts: number; frameBytes: number };

/** The limits until the server has sent its own. */
export const DEFAULT_LIMITS: Limits = { textBytes: 262_144, textParts: 20, frameBytes: 32_768 };

/** The part of a frame around the text, and what the client leaves free. */
const ENVELOPE_BYTES = 4_000;

/** Returns why `text` is too long to be sent; nothing when it is not. */
export function checkLength(text: string, limits: Limits): string | undefined {
  // No character takes more than three bytes, or six in a frame, so most texts need not be counted.
  if (text.length * 3 <= limits.textBytes && text.length * 6 <= maxJsonBytes(limits)) return undefined;
  const over = Math.max(countBytes(text) / limits.textBytes, countBytes(JSON.stringify(text)) / maxJsonBytes(limits));
  if (over <= 1) return undefined;
  return STRINGS.composer.tooLong(formatKilobytes(countBytes(text)), formatKilobytes(countBytes(text) / over));
}

/** The longest text that can be sent, in bytes: less of one that is longer as JSON. */
export function maxTextBytes(limits: Limits): number {
  return Math.min(limits.textBytes, maxJsonBytes(limits));
}

// A long text is sent in parts, and the rest of it in the frame after them.
function maxJsonBytes({ textParts, frameBytes }: Limits): number {
  return (textParts + 1) * (frameBytes - ENVELOPE_BYTES);
}

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

export function formatKilobytes(count: number): string {
  return `${Math.floor(count / 1000)} KB`;
}
