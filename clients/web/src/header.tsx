import { useState } from "react";
import { cleanUser } from "./user";

type Props = { user: string; onChangeUser: (name: string) => void; onNewConversation: () => void };

export function Header({ user, onChangeUser, onNewConversation }: Props) {
  return (
    <header>
      <h1>
        <img src="./icon.svg" alt="" width="22" height="22" />
        Natter
      </h1>
      <NameField key={user} user={user} onChange={onChangeUser} />
      <button type="button" className="quiet" onClick={onNewConversation}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 3v10M3 8h10" />
        </svg>
        <span>New conversation</span>
      </button>
    </header>
  );
}

/** The user's name, edited in place. It takes effect on Enter or when the field is left. */
function NameField({ user, onChange }: { user: string; onChange: (name: string) => void }) {
  const [name, setName] = useState(user);

  const commit = () => {
    const chosen = cleanUser(name);
    setName(chosen);
    if (chosen !== user) onChange(chosen);
  };

  return (
    <label className="name">
      <span>Chatting as</span>
      <input
        value={name}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
      />
    </label>
  );
}
