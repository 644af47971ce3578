const STORAGE_KEY = "natter.user";
const DEFAULT_USER = "you";

/** The name to chat as: `?user=` in the address, else the one chosen last, else “you”. */
export function initialUser(): string {
  const fromAddress = new URLSearchParams(location.search).get("user");
  return cleanUser(fromAddress ?? localStorage.getItem(STORAGE_KEY) ?? "");
}

/** Remembers `user` for the next visit. A name in the address would win over it, so that one goes away. */
export function rememberUser(user: string) {
  localStorage.setItem(STORAGE_KEY, user);
  const address = new URL(location.href);
  address.searchParams.delete("user");
  history.replaceState(null, "", address);
}

/** `name` without outer spaces; “you” when nothing is left. */
export function cleanUser(name: string): string {
  return name.trim() || DEFAULT_USER;
}
