const PATHS = {
  add: "M8 3v10M3 8h10",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.8 10.8 14 14",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  list: "M3.5 2.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM6.5 2.5v11",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  close: "M4 4l8 8M12 4l-8 8",
  send: "M8 13V3.5M3.5 8 8 3.5 12.5 8",
  down: "M8 3v9.5M3.5 8 8 12.5 12.5 8",
  copy: "M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1Z",
  again: "M13.5 8a5.5 5.5 0 1 1-1.6-3.9L13.5 5.7M13.5 2.5v3.2h-3.2",
  edit: "M10.5 3 13 5.5 5.5 13H3v-2.5L10.5 3Z",
  up: "M5 7v6.5H3a.5.5 0 0 1-.5-.5V7.5A.5.5 0 0 1 3 7h2Zm0 0 2.6-4.7a1.3 1.3 0 0 1 1.8 1.5L8.8 6h3.5a1.2 1.2 0 0 1 1.2 1.5l-1.1 4.9a1.4 1.4 0 0 1-1.4 1.1H5",
  previous: "M9.5 4 5.5 8l4 4",
  next: "M6.5 4l4 4-4 4",
  help: "M6 6.2a2 2 0 1 1 3 1.7c-.6.4-1 .8-1 1.6M8 11.8h.01M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z",
  tool: "M9.6 2.6a3.6 3.6 0 0 0-4.1 5L2.6 10.5a1.5 1.5 0 0 0 2.1 2.1l2.9-2.9a3.6 3.6 0 0 0 5-4.1L10.7 7.5 8.5 7l-.5-2.2 1.6-2.2Z",
  thought: "M8 2.5a4.2 4.2 0 0 1 2.3 7.7c-.5.4-.8.8-.8 1.3h-3c0-.5-.3-.9-.8-1.3A4.2 4.2 0 0 1 8 2.5ZM6.5 13.8h3",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside or instead of words; it says nothing to those who do not see it. */
export function Icon({ name, turned }: { name: IconName; turned?: boolean }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className={turned ? "icon turned" : "icon"}>
      <path d={PATHS[name]} />
    </svg>
  );
}
