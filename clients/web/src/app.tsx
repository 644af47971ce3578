import { useState } from "react";
import type { Config } from "./connection/config";
import { readUser, rememberUser, toUserId } from "./connection/user";
import { Workspace } from "./workspace";

/** The page, for whoever it is that chats. */
export function App({ config }: { config: Config }) {
  const [user, setUser] = useState(readUser);

  const changeUser = (name: string) => {
    rememberUser(name);
    // Conversations belong to one person.
    history.replaceState(null, "", location.pathname + location.search);
    setUser(name);
  };

  return <Workspace key={user} config={config} userId={toUserId(user)} user={user} onChangeUser={changeUser} />;
}
