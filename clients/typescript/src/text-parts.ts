import { NatterError } from "./error.js";

/** The server's limits of one message: bytes of text, and parts before the last frame. */
const MAX_TEXT_BYTES = 262_144;
const MAX_TEXT_PARTS = 20;

/** How much of a frame is filled with a text that does not fit whole. */
const MAX_FILL = 15 / 16;

type RequestFrame = {
  requestId: string;
  messages?: { role: string; parts: { type: string; text?: string }[] }[];
  body?: object;
};

/**
 * Serializes a request: as one frame, or, if its text is longer than a frame, as parts of the text and then the frame
 * with the rest.
 */
export function toFrames(asked: RequestFrame, frameBytes: number): string[] {
  const whole = JSON.stringify(asked);
  const last = asked.messages?.at(-1);
  // Answers to calls have no text that could be sent before them.
  const message = last?.role === "user" ? last : undefined;
  const most = message ? frameBytes * MAX_FILL : frameBytes;
  if (countBytes(whole) <= most) return [whole];
  if (!message) throw createTooLargeError(frameBytes, countBytes(whole));

  const isText = ({ type }: { type: string }) => type === "text";
  // As the server joins the texts of a message that comes whole.
  let rest = message.parts.flatMap((part) => (isText(part) && part.text) || []).join("\n\n");
  const bytes = countBytes(rest);
  if (bytes > MAX_TEXT_BYTES) throw createTooLargeError(MAX_TEXT_BYTES, bytes);
  const { requestId } = asked;
  const frames: string[] = [];
  const part = (text: string) => JSON.stringify({ type: "text-part", requestId, index: frames.length, text });
  const end = () => {
    const parts = [...message.parts.filter((part) => !isText(part)), { type: "text", text: rest }];
    return JSON.stringify({
      ...asked,
      messages: [...asked.messages!.slice(0, -1), { ...message, parts }],
      body: { ...asked.body, textParts: frames.length },
    });
  };
  while (countBytes(end()) > most) {
    const prefix = findPrefix(rest, most, (text) => countBytes(part(text)) <= most);
    if (!prefix || frames.length === MAX_TEXT_PARTS) throw createTooLargeError(bytes - countBytes(rest), bytes);
    frames.push(part(prefix));
    rest = rest.slice(prefix.length);
  }
  return [...frames, end()];
}

export const createTooLargeError = (limit: number, bytes?: number) =>
  new NatterError("message_too_large", "The message is too long.", { details: { limit, bytes } });

/** Returns the longest prefix of `text` that fits, of at most `most` characters, split between characters. */
function findPrefix(text: string, most: number, fits: (text: string) => boolean): string {
  let length = 0;
  for (let above = Math.min(text.length, most) + 1; above - length > 1; ) {
    const middle = Math.floor((length + above) / 2);
    if (fits(text.slice(0, middle))) length = middle;
    else above = middle;
  }
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

const countBytes = (text: string) => new Blob([text]).size;
