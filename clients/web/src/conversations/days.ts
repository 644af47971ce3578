import type { Conversation } from "@natter/client";

/** Conversations of one day, or of a longer time that lies further back. */
export type Group = { name: string; conversations: Conversation[] };

/** Groups conversations, newest first, by the day of their last activity as seen at `now`. */
export function groupedByDay(conversations: Conversation[], now: Date): Group[] {
  const groups: Group[] = [];
  for (const conversation of conversations) {
    const name = dayName(new Date(conversation.updatedAt), now);
    const last = groups.at(-1);
    if (last?.name === name) last.conversations.push(conversation);
    else groups.push({ name, conversations: [conversation] });
  }
  return groups;
}

function dayName(day: Date, now: Date): string {
  const days = Math.round((midnight(now) - midnight(day)) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "This week";
  if (days < 30) return "This month";
  return day.toLocaleDateString("en", { month: "long", year: "numeric" });
}

function midnight(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}
