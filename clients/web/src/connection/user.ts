import { remember, recall } from "../browser-storage";

const DEFAULT_USER = "you";
const MAX_NAME_LENGTH = 20;

/** The name to chat as, where the page may choose one: `?user=` in the address, else the one chosen last, else “you”. */
export function readUser(): string {
  const fromAddress = new URLSearchParams(location.search).get("user");
  return cleanUser(fromAddress ?? recall("user") ?? "");
}

/** Remembers `user` for the next visit, and clears the address of a name, which would win over it. */
export function rememberUser(user: string) {
  remember("user", user);
  const address = new URL(location.href);
  address.searchParams.delete("user");
  history.replaceState(null, "", address);
}

/** `name` without outer spaces and not too long; “you” when nothing is left. */
export function cleanUser(name: string): string {
  // Cut between characters, never inside one.
  return [...name.trim()].slice(0, MAX_NAME_LENGTH).join("") || DEFAULT_USER;
}

/** The user’s id in tokens: visible ASCII, at most 255 characters. No character of a name takes more than 12. */
export function toUserId(user: string): string {
  return encodeURIComponent(user);
}
