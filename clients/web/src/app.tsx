import { useState } from "react";
import type { Config } from "./connection/config";
import { readUser, rememberUser, toUserId } from "./connection/user";
import { Workspace } from "./workspace";

/** The page of the current user. */
export function App({ config }: { config: Config }) {
  const [user, setUser] = useState(readUser);

  const changeUser = (name: string) => {
    rememberUser(name);
    // Conversations belong to one user.
    history.replaceState(null, "", location.pathname + location.search);
    setUser(name);
  };

  return <Workspace key={user} config={config} userId={toUserId(user)} user={user} onChangeUser={changeUser} />;
}
