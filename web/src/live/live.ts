/** The store of this page. */
import { useSyncExternalStore } from "react";
import type { IntentDocument } from "../generated/contracts";
import { readings } from "./rest";
import { type LiveState, LiveStore } from "./store";

export const live = new LiveStore(readings);

export const useLive = <Value>(select: (state: LiveState) => Value): Value => live.use(select);

/** A document of the store; the component renders again when that document changes. */
export const useIntent = (id: string): IntentDocument | undefined =>
  useSyncExternalStore(live.use.subscribe, () => live.documents.get(id));
