/** Which of the dialogs that every page has is open. */
import { create } from "zustand";

export type Overlay = "palette" | "keys";

export const useOverlay = create<{ readonly open: Overlay | null }>()(() => ({ open: null }));

export const openOverlay = (open: Overlay): void => useOverlay.setState({ open });
export const closeOverlay = (): void => useOverlay.setState({ open: null });
