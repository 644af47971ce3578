import { useState } from "react";
import { STRINGS } from "../strings";
import { Ask } from "./ask";
import { readQuestion, type Call } from "./calls";

/** A question of the model's: its choices as buttons, and a field for other words. */
export function Question({ call, onAnswer }: { call: Call; onAnswer: (text: string) => void }) {
  const { choices } = readQuestion(call);
  const [text, setText] = useState("");
  const answer = text.trim();
  return (
    <Ask call={call} icon="help">
      {choices.length > 0 && (
        <div className="buttons choices">
          {choices.map((choice) => (
            <button type="button" className="quiet" key={choice} dir="auto" onClick={() => onAnswer(choice)}>
              {choice}
            </button>
          ))}
        </div>
      )}
      <form
        className="reason"
        onSubmit={(event) => {
          event.preventDefault();
          if (answer) onAnswer(answer);
        }}
      >
        <input
          dir="auto"
          value={text}
          aria-label={STRINGS.asks.ownAnswer(choices.length > 0)}
          placeholder={STRINGS.asks.ownAnswer(choices.length > 0)}
          autoComplete="off"
          maxLength={4000}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="quiet" disabled={!answer}>
          {STRINGS.asks.answer}
        </button>
      </form>
    </Ask>
  );
}
