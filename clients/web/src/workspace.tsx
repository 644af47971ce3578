import type { ServerDescription } from "@natter/client";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { useAddress } from "./address";
import { ThemeChoice } from "./appearance/theme_choice";
import { forgetDraft } from "./composer/draft";
import type { Config } from "./connection/config";
import { createConnection, type Connection } from "./connection/connection";
import { ConnectionNote, useConnectionState } from "./connection/connection_state";
import { NameField } from "./connection/name_field";
import { SignOutButton } from "./connection/sign_out_button";
import { Conversation } from "./conversation/conversation";
import { OpenConversations } from "./conversation/open_conversations";
import { ConversationList } from "./conversations/conversation_list";
import { UNTITLED } from "./conversations/conversation_row";
import { Sidebar } from "./conversations/sidebar";
import { ConfirmDelete } from "./dialogs/confirm_delete";
import { Menu } from "./dialogs/menu";
import { Icon } from "./icons";
import { useNews } from "./news";
import { useShortcuts } from "./shortcuts";
import { useStore } from "./store";

const Help = lazy(() => import("./dialogs/help"));

type Props = { config: Config; user: string; userId: string; onChangeUser: (name: string) => void };

/** All that one person sees: the conversations beside the one that is open. */
export function Workspace({ config, user, userId, onChangeUser }: Props) {
  const connection = useMemo(() => createConnection(config, userId), [config, userId]);
  const list = useMemo(() => new ConversationList(connection.client), [connection]);
  const conversations = useMemo(() => new OpenConversations(connection), [connection]);
  const { opened, open, openNew } = useAddress();
  const conversation = useMemo(() => conversations.get(opened.id, opened.existed), [conversations, opened]);
  const state = useConnectionState(connection.client);
  const description = useDescription(connection);
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const [complaint, setComplaint] = useState<string>();

  useNews(connection, list, conversations, opened.id);
  useShortcuts({ onNew: startNew, onHelp: () => setHelp(true), onSearch: () => (setDrawer(true), focusSearch()) });

  const title = useTitle(list, opened.id);

  function startNew() {
    setDrawer(false);
    openNew();
  }

  const openOne = (id: string) => {
    setDrawer(false);
    open(id);
  };

  const save = (format: "markdown" | "json") => {
    const saved = import("./conversation/export").then(({ download }) => download(connection.client, opened.id, format));
    saved.catch((error: Error) => setComplaint(`It was not saved: ${error.message}`));
  };

  const remove = async (id: string) => {
    await list.remove(id);
    forgetDraft(id);
    if (id === opened.id) openNew();
  };

  return (
    <>
      <nav className="skips" aria-label="Skip">
        <button type="button" className="skip" onClick={focusField}>
          Skip to the message field
        </button>
      </nav>
      <nav className={drawer ? "sidebar open" : "sidebar"} aria-label="Conversations" onKeyDown={(event) => event.key === "Escape" && setDrawer(false)}>
        <header>
          <span className="brand">
            <img src="./icon.svg" alt="" width="22" height="22" />
            Natter
          </span>
          <button type="button" className="plain drawer-button" aria-label="Close the list" onClick={() => setDrawer(false)}>
            <Icon name="close" />
          </button>
        </header>
        <Sidebar list={list} openId={opened.id} onNew={startNew} onOpen={openOne} onDelete={setDeleting} />
        <footer>
          {config.chooseUser && <NameField user={user} onChange={onChangeUser} />}
          {config.signIn && <SignOutButton signIn={config.signIn} />}
          <div className="settings">
            <ThemeChoice />
            <button type="button" className="plain" aria-label="Keyboard shortcuts" title="Keyboard shortcuts" onClick={() => setHelp(true)}>
              <Icon name="help" />
            </button>
          </div>
        </footer>
      </nav>
      {drawer && <div className="shade" onClick={() => setDrawer(false)} />}
      <main>
        <header>
          <button
            type="button"
            className="plain drawer-button"
            aria-label="Conversations"
            aria-expanded={drawer}
            onClick={() => (setDrawer(true), focusDrawer())}
          >
            <Icon name="menu" />
          </button>
          <h1 dir="auto">{title.name}</h1>
          <ConnectionNote state={state} />
          {title.exists && (
            <Menu
              label="More for this conversation"
              items={[
                { name: "Save as Markdown", act: () => save("markdown") },
                { name: "Save as JSON", act: () => save("json") },
                { name: "Delete", act: () => setDeleting(opened.id), grave: true },
              ]}
            />
          )}
        </header>
        {complaint && (
          <div className="problem" role="alert">
            <p>{complaint}</p>
            <button type="button" className="quiet" onClick={() => setComplaint(undefined)}>
              Understood
            </button>
          </div>
        )}
        <Conversation
          key={opened.id}
          conversation={conversation}
          description={description}
          onBegun={() => list.touch(opened.id)}
          onNew={startNew}
        />
      </main>
      {deleting && (
        <ConfirmDelete title={list.find(deleting)?.title ?? UNTITLED} onDelete={() => remove(deleting)} onClose={() => setDeleting(undefined)} />
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
  const name = conversation?.title ?? UNTITLED;
  useEffect(() => {
    document.title = conversation?.title ? `${conversation.title} – Natter` : "Natter";
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

function focusField() {
  document.querySelector<HTMLElement>(".composer textarea")?.focus();
}

// On a phone the list has to come first.
function focusSearch() {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".search input")?.focus());
}

function focusDrawer() {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".sidebar .drawer-button")?.focus());
}
