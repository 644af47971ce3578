import { generateId } from "ai";
import { useEffect, useMemo, useState } from "react";
import { openChat } from "./chat";
import { Conversation } from "./conversation";
import { conversationInAddress, leaveConversationInAddress } from "./conversation_address";
import { Header } from "./header";
import { createConnection } from "./transport";
import { initialUser, rememberUser } from "./user";

/** The conversation on screen. `existed` says that it has a past on the server that this page does not hold. */
type Opened = { id: string; existed: boolean };

function openFromAddress(): Opened {
  const id = conversationInAddress();
  return id ? { id, existed: true } : { id: generateId(), existed: false };
}

export function App() {
  const [user, setUser] = useState(initialUser);
  const [opened, setOpened] = useState(openFromAddress);
  const connection = useMemo(() => createConnection(user), [user]);
  const chat = useMemo(() => openChat(opened.id, connection.transport), [opened.id, connection]);

  // A transport belongs to whoever made it; nobody else closes it.
  useEffect(() => () => connection.transport.close(), [connection]);

  useEffect(() => {
    const open = () => setOpened(openFromAddress());
    addEventListener("popstate", open);
    return () => removeEventListener("popstate", open);
  }, []);

  const startNew = () => {
    leaveConversationInAddress();
    setOpened(openFromAddress());
  };

  const changeUser = (name: string) => {
    rememberUser(name);
    setUser(name);
    // Conversations belong to one person.
    startNew();
  };

  return (
    <>
      <Header user={user} onChangeUser={changeUser} onNewConversation={startNew} />
      <Conversation key={`${user}/${opened.id}`} chat={chat} connection={connection} existed={opened.existed} />
    </>
  );
}
