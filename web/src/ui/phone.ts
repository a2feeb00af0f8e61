/** Whether the window is as narrow as a phone's: there a table is a list of two-line rows. */
import { useSyncExternalStore } from "react";

const narrow = matchMedia("(max-width: 767px)");

function subscribe(listener: () => void): () => void {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
}

export const usePhone = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
