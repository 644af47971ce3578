import { useEffect, useState } from "react";
import { toAddress } from "../address";
import type { Hit } from "@natter/client";
import { STRINGS } from "../strings";
import type { ConversationList } from "./conversation-list";
import { handleOpenClick } from "./conversation-row";
import { EndOfList } from "./end-of-list";

/** Nobody wants a search for each letter. */
const DEBOUNCE_MS = 250;

type Found = { hits: Hit[]; nextCursor?: string; searching: boolean; problem?: Error };

type Props = {
  list: ConversationList;
  query: string;
  /** Whether the first hit is to be opened, as soon as there is one. */
  opensFirst: boolean;
  onOpen: (id: string) => void;
};

/** What a search finds in titles and messages. */
export default function SearchResults({ list, query, opensFirst, onOpen }: Props) {
  const [found, setFound] = useState<Found>({ hits: [], searching: true });
  const [wanted, setWanted] = useState<{ query: string; cursor?: string }>();

  useEffect(() => {
    setFound((before) => ({ ...before, searching: true }));
    const timer = setTimeout(() => setWanted({ query }), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [query]);

  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    list.search(wanted.query, wanted.cursor, stop.signal).then(
      ({ hits, nextCursor }) => {
        if (stop.signal.aborted) return;
        setFound((before) => ({
          hits: wanted.cursor ? [...before.hits, ...hits] : hits,
          nextCursor,
          searching: false,
        }));
      },
      (problem: Error) => !stop.signal.aborted && setFound({ hits: [], searching: false, problem }),
    );
    return () => stop.abort();
  }, [list, wanted]);

  const first = found.searching ? undefined : found.hits[0];
  useEffect(() => {
    if (opensFirst && first) onOpen(first.conversationId);
  }, [opensFirst, first]);

  return (
    <section aria-label={STRINGS.search.results} aria-busy={found.searching}>
      <p className="found" role="status">
        {describeStatus(found)}
      </p>
      <ul>
        {keepFirstHits(found.hits).map((hit) => (
          <li className="row hit" key={hit.conversationId}>
            <a
              href={toAddress(hit.conversationId)}
              dir="auto"
              onClick={(event) => handleOpenClick(event, () => onOpen(hit.conversationId))}
            >
              <span>{hit.title ?? STRINGS.newConversation}</span>
              {hit.messageId && <Snippet text={hit.snippet} query={query} />}
            </a>
          </li>
        ))}
      </ul>
      {found.nextCursor && (
        <EndOfList
          loading={found.searching}
          label={STRINGS.search.further}
          onReach={() => {
            setFound({ ...found, searching: true });
            setWanted({ query, cursor: found.nextCursor });
          }}
        />
      )}
    </section>
  );
}

/** The text around a match, which stands out as far as it is written like the query: the server compares more loosely. */
function Snippet({ text, query }: { text: string; query: string }) {
  const words = query.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&").replace(/\s+/gu, "\\s+");
  const match = new RegExp(words, "iu").exec(text);
  if (!match) return <small>{text}</small>;
  const end = match.index + match[0].length;
  return (
    <small>
      {text.slice(0, match.index)}
      <mark>{match[0]}</mark>
      {text.slice(end)}
    </small>
  );
}

/** One hit of each conversation: a message that was found says more than the title, which is shown anyway. */
function keepFirstHits(hits: Hit[]): Hit[] {
  const rows = new Map<string, Hit>();
  for (const hit of hits) {
    const row = rows.get(hit.conversationId);
    if (!row || (!row.messageId && hit.messageId)) rows.set(hit.conversationId, hit);
  }
  return [...rows.values()];
}

function describeStatus({ hits, searching, nextCursor, problem }: Found): string {
  if (problem) return STRINGS.search.failed(problem.message);
  if (searching || (nextCursor && hits.length === 0)) return STRINGS.search.searching;
  return hits.length === 0 ? STRINGS.search.nothing : STRINGS.search.found(keepFirstHits(hits).length);
}
