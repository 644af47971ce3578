import { useEffect, useRef, useState } from "react";

/** How long it was watched while it was `active`, in seconds; nothing of what was there before. */
export function useWatchedSeconds(active: boolean): number | undefined {
  const begin = useRef<number>(undefined);
  const [seconds, setSeconds] = useState<number>();
  useEffect(() => {
    if (active) begin.current ??= performance.now();
    else if (begin.current !== undefined) setSeconds(Math.max(1, Math.round((performance.now() - begin.current) / 1000)));
  }, [active]);
  return seconds;
}
