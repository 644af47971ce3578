import { lazy, Suspense, useRef, useState, type KeyboardEvent } from "react";
import { Icon } from "../icons";
import { useStore } from "../store";
import { STRINGS } from "../strings";
import { UNREAD, type Activity } from "./activity";
import type { ConversationList } from "./conversation-list";
import { ConversationRow } from "./conversation-row";
import { groupByDay } from "./days";
import { EndOfList } from "./end-of-list";

const SearchResults = lazy(() => import("./search-results"));

type Props = {
  list: ConversationList;
  activity: Activity;
  openId: string;
  onNew: () => void;
  onOpen: (id: string) => void;
  onDelete: (id: string) => void;
  /** The user is done with the search. */
  onLeave: () => void;
};

/** The conversations: to begin one, find one, open one. */
export function Sidebar({ list, activity, openId, onNew, onOpen, onDelete, onLeave }: Props) {
  const { conversations, nextCursor, loading, loaded, problem } = useStore(list);
  const { running, waiting } = useStore(activity);
  const unread = useStore(UNREAD).ids;
  const [query, setQuery] = useState("");
  const [opensFirst, setOpensFirst] = useState(false);
  const rows = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const searching = query.trim() !== "";

  const markOf = (id: string) => {
    if (id === openId) return undefined;
    if (running.has(id)) return "running";
    return waiting.has(id) ? "waiting" : unread.has(id) ? "unread" : undefined;
  };

  const pressInSearch = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      if (query) setQuery("");
      else onLeave();
    }
    if (event.key === "Enter" && searching) setOpensFirst(true);
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    rows.current?.querySelector("a")?.focus();
  };

  // Up and Down go from row to row, and from the first one back to the search.
  const moveFocus = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !rows.current) return;
    const places: (HTMLElement | null)[] = [field.current, ...rows.current.querySelectorAll<HTMLElement>("a")];
    const at = places.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    places[at + step]?.focus();
  };

  const openFound = (id: string) => {
    setOpensFirst(false);
    onOpen(id);
  };

  return (
    <div className="conversations">
      <button type="button" className="new" onClick={onNew}>
        <Icon name="add" />
        {STRINGS.newConversation}
      </button>
      <label className="search">
        <Icon name="search" />
        <input
          ref={field}
          type="search"
          value={query}
          placeholder={STRINGS.search.placeholder}
          aria-label={STRINGS.search.name}
          autoComplete="off"
          maxLength={200}
          onChange={(event) => {
            setQuery(event.target.value);
            setOpensFirst(false);
          }}
          onKeyDown={pressInSearch}
        />
      </label>
      <div className="rows" ref={rows} onKeyDown={moveFocus}>
        {searching ? (
          <Suspense fallback={<p className="note">{STRINGS.search.searching}</p>}>
            <SearchResults list={list} query={query.trim()} opensFirst={opensFirst} onOpen={openFound} />
          </Suspense>
        ) : (
          <>
            {groupByDay(conversations, new Date()).map((group) => (
              <section key={group.name} aria-label={group.name}>
                <h2>{group.name}</h2>
                <ul>
                  {group.conversations.map((conversation) => (
                    <ConversationRow
                      key={conversation.id}
                      conversation={conversation}
                      open={conversation.id === openId}
                      mark={markOf(conversation.id)}
                      list={list}
                      onOpen={onOpen}
                      onDelete={onDelete}
                    />
                  ))}
                </ul>
              </section>
            ))}
            {loaded && conversations.length === 0 && <p className="note">{STRINGS.list.empty}</p>}
            {problem && !loading && (
              <p className="note">
                {STRINGS.list.notLoaded}{" "}
                <button type="button" className="link" onClick={() => void list.refresh()}>
                  {STRINGS.tryAgain}
                </button>
              </p>
            )}
            {!loaded && loading && <p className="note">{STRINGS.loading}</p>}
            {nextCursor && <EndOfList loading={loading} label={STRINGS.list.older} onReach={() => void list.loadMore()} />}
          </>
        )}
      </div>
    </div>
  );
}
