import type { ServerDescription } from "@natter/client";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useAddress } from "./address";
import { ThemeChoice } from "./appearance/theme-choice";
import { forgetDraft } from "./composer/draft";
import type { Config } from "./connection/config";
import { createConnection, type Connection } from "./connection/connection";
import { ConnectionNote, useConnectionState } from "./connection/connection-state";
import { NameField } from "./connection/name-field";
import { SignOutButton } from "./connection/sign-out-button";
import { Conversation } from "./conversation/conversation";
import { OpenConversations } from "./conversation/open-conversations";
import { Activity } from "./conversations/activity";
import { ConversationList } from "./conversations/conversation-list";
import { Sidebar } from "./conversations/sidebar";
import { ConfirmDelete } from "./dialogs/confirm-delete";
import { Menu } from "./dialogs/menu";
import { FIELD, focusIfLost, focusSoon, WRITING } from "./focus";
import { IconButton } from "./icon-button";
import { useListPlace } from "./layout/list-place";
import { useServerEvents } from "./server-events";
import { useShortcuts } from "./shortcuts";
import { useStore } from "./store";
import { STRINGS } from "./strings";

const Help = lazy(() => import("./dialogs/help"));

type Props = { config: Config; user: string; userId: string; onChangeUser: (name: string) => void };

/** The page of one user: the list of conversations beside the open one. */
export function Workspace({ config, user, userId, onChangeUser }: Props) {
  const connection = useMemo(() => createConnection(config, userId), [config, userId]);
  const activity = useMemo(() => new Activity(), [connection]);
  const list = useMemo(() => new ConversationList(connection.client, activity), [connection, activity]);
  const conversations = useMemo(() => new OpenConversations(connection, activity), [connection, activity]);
  const { opened, open, openNew } = useAddress();
  const conversation = useMemo(() => conversations.get(opened.id, opened.existed), [conversations, opened]);
  const state = useConnectionState(connection.client);
  const description = useDescription(connection);
  const { place, show, putAway, closeDrawer } = useListPlace();
  const [help, setHelp] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const [complaint, setComplaint] = useState<string>();

  useServerEvents(connection, { list, conversations, activity, openId: opened.id });
  useShortcuts({ onNew: startNew, onHelp: () => setHelp(true), onSearch: () => show(".search input") });

  const title = useTitle(list, opened.id);

  function startNew() {
    closeDrawer();
    openNew();
  }

  const openOne = (id: string) => {
    closeDrawer();
    open(id);
  };

  const save = (format: "markdown" | "json") => {
    const saved = import("./conversation/export").then(({ download }) => download(connection.client, opened.id, format));
    saved.catch((error: Error) => setComplaint(STRINGS.page.notSaved(error.message)));
  };

  const dismiss = () => {
    setComplaint(undefined);
    focusIfLost(WRITING());
  };

  const remove = async (id: string) => {
    await list.remove(id);
    forgetDraft(id);
    if (id === opened.id) openNew();
  };

  return (
    <>
      <nav className="skips" aria-label={STRINGS.page.skip} inert={place === "drawer"}>
        <button type="button" className="skip" onClick={() => focusSoon(FIELD)}>
          {STRINGS.page.skipToField}
        </button>
      </nav>
      <nav className={`sidebar ${place}`} aria-label={STRINGS.list.name}>
        <header>
          <span className="brand">
            <img src="./icon.svg" alt="" width="22" height="22" />
            {STRINGS.name}
          </span>
          <IconButton icon={place === "drawer" ? "close" : "list"} className="put-away" label={STRINGS.list.close} onClick={putAway} />
        </header>
        <Sidebar
          list={list}
          activity={activity}
          openId={opened.id}
          onNew={startNew}
          onOpen={openOne}
          onDelete={setDeleting}
          onLeave={() => (place === "drawer" ? putAway() : focusSoon(FIELD))}
        />
        <footer>
          {config.chooseUser && <NameField user={user} onChange={onChangeUser} />}
          {config.signIn && <SignOutButton signIn={config.signIn} />}
          <div className="settings">
            <ThemeChoice />
            <IconButton icon="help" label={STRINGS.help.open} onClick={() => setHelp(true)} />
          </div>
        </footer>
      </nav>
      {place === "drawer" && <div className="shade" onClick={putAway} />}
      <main inert={place === "drawer"}>
        <header>
          {place !== "beside" && (
            <IconButton
              icon={place === "folded" ? "list" : "menu"}
              className="show-list"
              label={STRINGS.list.name}
              aria-expanded={place === "drawer"}
              onClick={() => show()}
            />
          )}
          <h1 dir="auto">{title.name}</h1>
          <ConnectionNote state={state} />
          {title.exists && (
            <Menu
              label={STRINGS.page.more}
              items={[
                { name: STRINGS.page.saveAs.markdown, act: () => save("markdown") },
                { name: STRINGS.page.saveAs.json, act: () => save("json") },
                { name: STRINGS.delete, act: () => setDeleting(opened.id), grave: true },
              ]}
            />
          )}
        </header>
        {complaint && (
          <div className="problem" role="alert">
            <p>{complaint}</p>
            <button type="button" className="quiet" onClick={dismiss}>
              {STRINGS.understood}
            </button>
          </div>
        )}
        <Conversation
          key={opened.id}
          conversation={conversation}
          description={description}
          onBegun={() => list.touch(opened.id)}
          onEnded={() => title.exists || void list.refresh()}
          onNew={startNew}
        />
      </main>
      {deleting && (
        <ConfirmDelete
          title={list.find(deleting)?.title ?? STRINGS.newConversation}
          onDelete={() => remove(deleting)}
          onClose={() => setDeleting(undefined)}
        />
      )}
      {help && (
        <Suspense>
          <Help onClose={() => setHelp(false)} />
        </Suspense>
      )}
    </>
  );
}

function useTitle(list: ConversationList, id: string) {
  const conversation = useStore(list).conversations.find((known) => known.id === id);
  const name = conversation?.title ?? STRINGS.newConversation;
  useEffect(() => {
    document.title = conversation?.title ? STRINGS.page.titled(conversation.title) : STRINGS.name;
  }, [conversation?.title]);
  return { name, exists: conversation !== undefined };
}

/** What the server offers; until it has said so, and when it does not, there is nothing to choose. */
function useDescription({ client }: Connection): ServerDescription | undefined {
  const [description, setDescription] = useState<ServerDescription>();
  useEffect(() => {
    client.describe().then(setDescription, () => undefined);
  }, [client]);
  return description;
}
