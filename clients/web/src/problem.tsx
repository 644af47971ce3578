type Props = { error: Error; onTryAgain: () => void };

/** What went wrong, in plain words, and the one thing that helps. */
export function Problem({ error, onTryAgain }: Props) {
  // The transport reports a socket that failed or closed as a TypeError, and what the server says as an Error.
  const sentence =
    error instanceof TypeError ? "There is no connection. What the server has received is kept." : error.message;
  return (
    <div className="problem" role="alert">
      <p>{sentence}</p>
      <button type="button" className="quiet" onClick={onTryAgain}>
        Try again
      </button>
    </div>
  );
}
