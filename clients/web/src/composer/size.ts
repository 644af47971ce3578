import { STRINGS } from "../strings";

/** How much a message may hold, as the server says. */
export type Limits = { textBytes: number; frameBytes: number };

/** What a server takes that has not said it. */
export const USUAL_LIMITS: Limits = { textBytes: 100_000, frameBytes: 32_768 };

/** What stands around the text in a frame. */
const ENVELOPE_BYTES = 1_500;

/** Why `text` cannot be sent; nothing when it can. */
export function tooLong(text: string, limits: Limits): string | undefined {
  // No character takes more than six bytes in a frame, so most texts need not be counted.
  if (text.length * 6 + ENVELOPE_BYTES <= limits.frameBytes && text.length * 3 <= limits.textBytes) return undefined;
  const over = Math.max(bytes(text) / limits.textBytes, bytes(JSON.stringify(text)) / (limits.frameBytes - ENVELOPE_BYTES));
  if (over <= 1) return undefined;
  return STRINGS.composer.tooLong(kilobytes(bytes(text)), kilobytes(bytes(text) / over));
}

/** The longest text that can be sent, in bytes: less of one that is longer as JSON. */
export function maxTextBytes({ textBytes, frameBytes }: Limits): number {
  return Math.min(textBytes, frameBytes - ENVELOPE_BYTES);
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

export function kilobytes(count: number): string {
  return `${Math.floor(count / 1000)} KB`;
}
