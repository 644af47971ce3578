import { isLost } from "./recovery";

type Props = { error: Error; onTryAgain: () => void };

/** What went wrong, in plain words, and the one thing that helps. */
export function Problem({ error, onTryAgain }: Props) {
  const sentence = isLost(error) ? "There is no connection. What the server has received is kept." : error.message;
  return (
    <div className="problem" role="alert">
      <p>{sentence}</p>
      <button type="button" className="quiet" onClick={onTryAgain}>
        Try again
      </button>
    </div>
  );
}
