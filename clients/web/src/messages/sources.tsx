import { STRINGS } from "../strings";
import type { ChatMessage } from "./chat-message";

/** The web pages that a reply cites. As for links in a text, each shows its host, whatever its title says. */
export function Sources({ message }: { message: ChatMessage }) {
  const sources = message.parts
    .filter((part) => part.type === "source-url")
    .filter(({ url }) => /^https?:/i.test(url) && URL.canParse(url));
  if (!sources.length) return null;
  return (
    <ol className="sources" aria-label={STRINGS.message.sources}>
      {sources.map(({ url, title }) => (
        <li key={url}>
          <a href={url} target="_blank" rel="noopener noreferrer nofollow">
            {title && `${title} · `}
            {new URL(url).host}
          </a>
        </li>
      ))}
    </ol>
  );
}
