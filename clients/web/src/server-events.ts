import { useEffect } from "react";
import type { Activity } from "./conversations/activity";
import type { Connection } from "./connection/connection";
import type { OpenConversations } from "./conversation/open-conversations";
import type { ConversationList } from "./conversations/conversation-list";
import { useStore } from "./store";

/** How often replies of other tabs and devices are polled. */
const POLL_MS = 10_000;

type Shown = { list: ConversationList; conversations: OpenConversations; activity: Activity; openId: string };

/** Updates the page with the user's activity in other tabs and on other devices. Closes the connection with the page. */
export function useServerEvents({ client }: Connection, { list, conversations, activity, openId }: Shown) {
  useEffect(() => {
    client.connect();
    void list.refresh();
    return () => client.close();
  }, [client, list]);

  useEffect(
    () =>
      client.onNotice((notice) => {
        if (notice.notice === "turn-started") {
          // Only the server knows the title of an old one that is not loaded.
          if (list.find(notice.id)) list.touch(notice.id);
          else void list.refresh();
          const conversation = conversations.find(notice.id);
          if (!conversation?.busy) activity.begin(notice.id, false);
          void conversation?.refresh();
        }
        if (notice.notice === "turn-waiting") {
          const conversation = conversations.find(notice.id);
          if (!conversation?.busy) activity.end(notice.id);
          activity.wait(notice.id, true);
          void conversation?.refresh();
        }
        if (notice.notice === "title-changed") list.changeTitle(notice.id, notice.title);
        if (notice.notice === "conversation-deleted") {
          list.forget(notice.id);
          conversations.find(notice.id)?.noteGone();
        }
      }),
    [client, list, conversations, activity],
  );

  useEffect(() => {
    let wasLost = false;
    return client.onState(({ status }) => {
      // Notices were missed while there was no connection.
      if (status === "open" && wasLost) {
        void list.refresh();
        void conversations.find(openId)?.refresh();
      }
      wasLost = status === "reconnecting" || status === "offline";
    });
  }, [client, list, conversations, openId]);

  useEffect(() => activity.follow(), [activity]);
  useEffect(() => activity.look(openId), [activity, openId]);

  // The server announces that a reply starts, not that it ends.
  const { running } = useStore(activity);
  useEffect(() => {
    if (!activity.runsElsewhere) return;
    const timer = setInterval(() => document.hidden || void list.refresh(), POLL_MS);
    return () => clearInterval(timer);
  }, [activity, list, running]);
}
