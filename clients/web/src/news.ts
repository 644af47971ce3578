import { useEffect } from "react";
import type { Connection } from "./connection/connection";
import type { OpenConversations } from "./conversation/open_conversations";
import type { ConversationList } from "./conversations/conversation_list";

/** Keeps what is shown in step with what the person does in other tabs and on other devices. The connection goes when the page does. */
export function useNews({ client }: Connection, list: ConversationList, conversations: OpenConversations, openId: string) {
  useEffect(() => {
    client.connect();
    void list.refresh();
    return () => client.close();
  }, [client, list]);

  useEffect(
    () =>
      client.onNotice((notice) => {
        if (notice.notice === "turn-started") {
          // An old one that was not looked at yet has a title that only the server knows.
          if (list.find(notice.id)) list.touch(notice.id);
          else void list.refresh();
          void conversations.find(notice.id)?.refresh();
        }
        if (notice.notice === "title-changed") list.changeTitle(notice.id, notice.title);
        if (notice.notice === "conversation-deleted") {
          list.forget(notice.id);
          conversations.find(notice.id)?.noteGone();
        }
      }),
    [client, list, conversations],
  );

  useEffect(() => {
    let wasLost = false;
    return client.onState(({ status }) => {
      // Nothing was heard while there was no connection.
      if (status === "open" && wasLost) {
        void list.refresh();
        void conversations.find(openId)?.refresh();
      }
      wasLost = status === "reconnecting" || status === "offline";
    });
  }, [client, list, conversations, openId]);
}
