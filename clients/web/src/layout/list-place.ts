import { useRef, useState } from "react";
import { useEscape } from "../escape";
import { focusIfLost, focusSoon } from "../focus";
import { remember, recall } from "../browser-storage";
import { useMedia } from "./use-media";

/** Where the list of conversations is: beside the conversation or folded away, and in a narrow window a drawer over it or closed. */
export type ListPlace = "beside" | "folded" | "drawer" | "closed";

/** The place of the list, how to show it, with the focus on the element that `selector` names, and how to put it away. */
export function useListPlace() {
  const narrow = useMedia("(width < 48rem)");
  const [folded, setFolded] = useState(() => recall("list") === "folded");
  const [drawer, setDrawer] = useState(false);
  const place: ListPlace = narrow ? (drawer ? "drawer" : "closed") : folded ? "folded" : "beside";

  // A drawer that was left open does not open again by itself.
  const wasNarrow = useRef(narrow);
  if (wasNarrow.current !== narrow) {
    wasNarrow.current = narrow;
    if (drawer) setDrawer(false);
  }

  const change = (shown: boolean) => {
    if (narrow) return setDrawer(shown);
    setFolded(!shown);
    remember("list", shown ? "" : "folded");
  };
  const show = (selector = ".sidebar .put-away") => {
    change(true);
    focusSoon(selector);
  };
  const putAway = () => {
    // It would keep the focus until it has slid away.
    if (document.activeElement?.closest(".sidebar")) (document.activeElement as HTMLElement).blur();
    change(false);
    focusIfLost(".show-list");
  };
  /** Closes the drawer, and leaves a list that stands beside the conversation where it is. */
  const closeDrawer = () => {
    if (place === "drawer") putAway();
  };

  // An open drawer comes before the reply that Esc would stop.
  useEscape(place === "drawer", putAway, document);
  return { place, show, putAway, closeDrawer };
}
