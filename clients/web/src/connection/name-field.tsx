import { useState } from "react";
import { STRINGS } from "../strings";
import { cleanUser } from "./user";

/** The name to chat as, edited in place. It takes effect on Enter or when the field is left. */
export function NameField({ user, onChange }: { user: string; onChange: (name: string) => void }) {
  const [name, setName] = useState(user);

  const commit = () => {
    const chosen = cleanUser(name);
    setName(chosen);
    if (chosen !== user) onChange(chosen);
  };

  return (
    <label className="name">
      <span>{STRINGS.connection.chattingAs}</span>
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
