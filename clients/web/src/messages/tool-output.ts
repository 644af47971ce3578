/** A piece of what a tool answered. */
export type OutputPiece = { text: string } | { picture: string };

/** The pictures that a browser shows without running anything in them. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

type McpPart = { type?: unknown; text?: unknown; mimeType?: unknown; data?: unknown };

/** The texts and pictures of an output in the form of MCP; anything else as a text. */
export function readOutput(output: unknown): OutputPiece[] {
  if (!Array.isArray(output) || output.length === 0) return [{ text: formatValue(output) }];
  const pieces = output.map((part) => readPart(Object(part) as McpPart));
  return pieces.every((piece) => piece !== undefined) ? pieces : [{ text: formatValue(output) }];
}

/** Whether a message holds only the beginning of an output. */
export function isCut(output: unknown): output is string {
  return typeof output === "string" && output.endsWith(" … [cut]");
}

/** An output that was read as a text: JSON, if it is that. */
export function parseOutput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value as it is shown: text as it is, JSON in lines. */
export function formatValue(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

function readPart({ type, text, mimeType, data }: McpPart): OutputPiece | undefined {
  if (type === "text" && typeof text === "string") return { text };
  const isPicture = type === "image" && PICTURES.includes(mimeType as string) && typeof data === "string" && /^[\w+/=-]+$/.test(data);
  return isPicture ? { picture: `data:${mimeType};base64,${data}` } : undefined;
}
