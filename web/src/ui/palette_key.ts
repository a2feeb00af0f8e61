/** Ctrl K opens and closes the palette, whatever has the focus. */
import { useEffect } from "react";
import { closeOverlay, openOverlay, useOverlay } from "./overlay";

export function usePaletteKey(): void {
  useEffect(() => {
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}

function hear(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  if (useOverlay.getState().open === "palette") closeOverlay();
  else openOverlay("palette");
}
