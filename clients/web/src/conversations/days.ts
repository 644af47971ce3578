import type { Conversation } from "@natter/client";
import { STRINGS } from "../strings";

/** Conversations of one day, or of a longer time that lies further back. */
export type Group = { name: string; conversations: Conversation[] };

/** Groups conversations, newest first, by the day of their last activity as seen at `now`. */
export function groupByDay(conversations: Conversation[], now: Date): Group[] {
  const groups: Group[] = [];
  for (const conversation of conversations) {
    const name = nameDay(new Date(conversation.updatedAt), now);
    const last = groups.at(-1);
    if (last?.name === name) last.conversations.push(conversation);
    else groups.push({ name, conversations: [conversation] });
  }
  return groups;
}

function nameDay(day: Date, now: Date): string {
  const days = Math.round((getMidnight(now) - getMidnight(day)) / 86_400_000);
  if (days <= 0) return STRINGS.list.days.today;
  if (days === 1) return STRINGS.list.days.yesterday;
  if (days < 7) return STRINGS.list.days.week;
  if (days < 30) return STRINGS.list.days.month;
  return day.toLocaleDateString(STRINGS.language, { month: "long", year: "numeric" });
}

function getMidnight(time: Date): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
}
