import { useEffect, useRef, useState } from "react";

const TEXT = /^(text\/|application\/(json|xml|yaml|toml|javascript|x-sh|sql))/;
const TEXT_NAME = /\.(c|cc|conf|cpp|cs|css|csv|go|h|html|ini|java|js|json|jsx|kt|log|lua|md|php|pl|py|rb|rs|sh|sql|svg|swift|tex|toml|ts|tsx|txt|xml|ya?ml)$/i;
const MOST_BYTES = 200_000;

/** What was dropped, as text for a message, and a sentence on what could not be taken. */
export type Dropped = { text: string; complaint?: string };

/** Reads dropped files: only text can be sent. */
export async function readDropped(files: File[]): Promise<Dropped> {
  const texts: string[] = [];
  const refused: string[] = [];
  for (const file of files) {
    if (file.size <= MOST_BYTES && (TEXT.test(file.type) || TEXT_NAME.test(file.name))) {
      texts.push(quoted(file.name, await file.text()));
    } else {
      refused.push(`“${file.name}”`);
    }
  }
  if (refused.length === 0) return { text: texts.join("\n") };
  const complaint = `${refused.join(", ")} was not added: only text files up to ${MOST_BYTES / 1000} KB can be sent.`;
  return { text: texts.join("\n"), complaint };
}

// The fence is longer than any in the text.
function quoted(name: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const language = /\.(\w+)$/.exec(name)?.[1] ?? "";
  return `${name}:\n${fence}${language}\n${text.trimEnd()}\n${fence}\n`;
}

/** Takes files that are dropped anywhere on the page, which a browser would go to otherwise. True while some are held over it. */
export function useDrop(take: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const now = useRef(take);
  now.current = take;

  useEffect(() => {
    const hold = (event: DragEvent) => {
      // Text that is dragged belongs to the field it is dropped on.
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(event.type === "dragover");
      if (event.type === "drop") now.current([...event.dataTransfer.files]);
    };
    const events = ["dragover", "dragleave", "drop"] as const;
    for (const event of events) addEventListener(event, hold);
    return () => events.forEach((event) => removeEventListener(event, hold));
  }, []);
  return over;
}
