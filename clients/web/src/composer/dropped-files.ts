import { useEffect, useRef, useState } from "react";
import { STRINGS } from "../strings";
import { formatKilobytes, maxTextBytes, type Limits } from "./size";

const TEXT = /^(text\/|application\/(json|xml|yaml|toml|javascript|x-sh|sql))/;
const TEXT_NAME =
  /\.(c|cc|conf|cpp|cs|css|csv|go|h|html|ini|java|js|json|jsx|kt|log|lua|md|php|pl|py|rb|rs|sh|sql|svg|swift|tex|toml|ts|tsx|txt|xml|ya?ml)$/i;

/** What was dropped, as text for a message, and a sentence on what could not be taken. */
export type Dropped = { text: string; complaint?: string };

/** Reads dropped files: only text can be sent, and only as much as a message holds. */
export async function readDropped(files: File[], limits: Limits): Promise<Dropped> {
  const most = maxTextBytes(limits);
  const isText = ({ type, name }: File) => TEXT.test(type) || TEXT_NAME.test(name);
  const names = (which: (file: File) => boolean) => files.filter(which).map(({ name }) => name);
  const notText = names((file) => !isText(file));
  const tooLarge = names((file) => isText(file) && file.size > most);
  const taken = files.filter((file) => isText(file) && file.size <= most);
  const texts = await Promise.all(taken.map(async (file) => quoteFile(file.name, await file.text())));
  const complaints = [
    notText.length > 0 && STRINGS.composer.notText(notText),
    tooLarge.length > 0 && STRINGS.composer.tooLarge(tooLarge, formatKilobytes(most)),
  ];
  return { text: texts.join("\n"), complaint: complaints.filter(Boolean).join(" ") || undefined };
}

// The fence is longer than any in the text.
function quoteFile(name: string, text: string): string {
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
