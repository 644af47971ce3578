import { useEffect, useRef } from "react";
import { STRINGS } from "../strings";

type Props = { loading: boolean; label: string; onReach: () => void };

/** Where what is loaded of a list ends: what comes next is loaded as soon as this is seen, or when it is pressed. */
export function EndOfList({ loading, label, onReach }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const reach = useRef(onReach);
  reach.current = onReach;

  useEffect(() => {
    if (loading || !button.current) return;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && reach.current());
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [loading]);

  return (
    <button type="button" className="further" ref={button} disabled={loading} onClick={() => reach.current()}>
      {loading ? STRINGS.loading : label}
    </button>
  );
}
