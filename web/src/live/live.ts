/** The store of this page. */
import { useSyncExternalStore } from "react";
import type { IntentDocument, SignalDocument } from "../generated/contracts";
import { readings } from "./rest";
import { followStream, type LiveState, LiveStore } from "./store";

export const live = new LiveStore(readings);

/** It begins with the first import: neither socket nor first paint waits for the other. */
export const stream = followStream(live);

export const useLive = <Value>(select: (state: LiveState) => Value): Value => live.use(select);

/** A document of the store; the component renders again when that document changes. */
export const useIntent = (id: string): IntentDocument | undefined =>
  useSyncExternalStore(live.use.subscribe, () => live.documents.get(id));

export const useSignal = (id: string): SignalDocument | undefined =>
  useSyncExternalStore(live.use.subscribe, () => live.signals.get(id));

declare global {
  interface Window {
    /** What the page knows: for a look from the console, and for tests that hold it to the gateway. */
    readonly tradewind: LiveStore;
  }
}
Object.defineProperty(window, "tradewind", { value: live });
