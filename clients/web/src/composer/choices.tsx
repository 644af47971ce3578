import { useState } from "react";
import type { Choice, ServerDescription } from "@natter/client";
import { remember, recall } from "../browser-storage";

/** The options of a message. Absent for the server's default. */
export type Chosen = { model?: string; agent?: string };

/** The model and agent that the user chose last, among those that the server offers. */
export function useChosen(description: ServerDescription | undefined) {
  const [chosen, setChosen] = useState<Chosen>(() => ({ model: recall("model"), agent: recall("agent") }));
  const choose = (kind: keyof Chosen, id: string) => {
    remember(kind, id);
    setChosen({ ...chosen, [kind]: id });
  };
  const known = (choices: Choice[] | undefined, id: string | undefined) => choices?.find((choice) => choice.id === id)?.id;
  return {
    chosen: { model: known(description?.models, chosen.model), agent: known(description?.agents, chosen.agent) },
    choose,
  };
}

type Props = { label: string; choices: Choice[]; chosen: string | undefined; onChoose: (id: string) => void };

/** Chooses one of several; where there is one, there is nothing to choose. */
export function ChoicePicker({ label, choices, chosen, onChoose }: Props) {
  if (choices.length < 2) return null;
  return (
    <select aria-label={label} title={label} value={chosen ?? choices[0]?.id} onChange={(event) => onChoose(event.target.value)}>
      {choices.map((choice) => (
        <option key={choice.id} value={choice.id} title={choice.description}>
          {choice.name}
        </option>
      ))}
    </select>
  );
}
