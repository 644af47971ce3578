/** Formats numbers. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const time = (at) => `${clock.format(at)}.${String(Math.floor(at % 1000)).padStart(3, "0")}`;

export function duration(millis) {
  if (millis < 1) return `${millis.toFixed(2)} ms`;
  if (millis < 100) return `${millis.toFixed(1)} ms`;
  if (millis < 1000) return `${Math.round(millis)} ms`;
  if (millis < 60_000) return `${(millis / 1000).toFixed(2)} s`;
  if (millis < 3_600_000) return `${Math.floor(millis / 60_000)} min ${Math.floor((millis / 1000) % 60)} s`;
  return `${Math.floor(millis / 3_600_000)} h ${Math.floor((millis / 60_000) % 60)} min`;
}

export const bytes = (count) => (count < 1024 ? `${count} B` : `${(count / 1024).toFixed(1)} KB`);

export const dollars = (sum, digits = 6) => `$${sum.toFixed(digits)}`;

export const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** Shortens an id. */
export const short = (id) => (id ?? "").replace(/=$/, "").slice(0, 8);
