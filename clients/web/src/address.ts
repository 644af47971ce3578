// The page's address holds the conversation's id behind the #, so that a reload stays in the conversation and a link leads to it. It is put
// there with the first message: an address with an id means a conversation that exists, or did.
import { generateId } from "ai";
import { useEffect, useState } from "react";

/** The conversation on screen. `existed` says that it came from the address, so that its past is on the server. */
export type Opened = { id: string; existed: boolean };

/** What the address names, and how to go to another conversation or to a new one. */
export function useAddress() {
  const [opened, setOpened] = useState(readOpened);

  useEffect(() => {
    const open = () => setOpened((now) => (now.id === readIdFromAddress() ? now : readOpened()));
    addEventListener("popstate", open);
    addEventListener("hashchange", open);
    return () => {
      removeEventListener("popstate", open);
      removeEventListener("hashchange", open);
    };
  }, []);

  const open = (id: string) => {
    history.pushState(null, "", `#${encodeURIComponent(id)}`);
    setOpened({ id, existed: true });
  };
  const openNew = () => {
    if (location.hash) history.pushState(null, "", location.pathname + location.search);
    setOpened({ id: generateId(), existed: false });
  };
  return { opened, open, openNew };
}

/** Puts the id of a conversation that was just started into the address. */
export function putIntoAddress(id: string) {
  history.replaceState(null, "", `#${encodeURIComponent(id)}`);
}

/** Takes it out again: the conversation did not begin after all. */
export function takeOutOfAddress() {
  history.replaceState(null, "", location.pathname + location.search);
}

/** Where a link to conversation `id` leads. */
export const toAddress = (id: string) => `#${encodeURIComponent(id)}`;

function readOpened(): Opened {
  const id = readIdFromAddress();
  return id ? { id, existed: true } : { id: generateId(), existed: false };
}

function readIdFromAddress(): string | undefined {
  try {
    return decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}
