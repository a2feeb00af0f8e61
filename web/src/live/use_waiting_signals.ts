/** The signals that wait for a person, as the desk keeps them: one read for all who ask. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ListPage_SignalApprovalDocument_ } from "../generated/rest";
import { useAsk } from "./use_ask";

const WAITING = { query: { limit: 200 } } as const;
const REFRESHED = {
  topics: ["signal.evaluated", "signal.approval_", "decision.concluded"],
  everyMs: 10_000,
} as const;

export const useWaitingSignals = (): UseQueryResult<ListPage_SignalApprovalDocument_> =>
  useAsk("GET /signals/waiting", WAITING, REFRESHED);
