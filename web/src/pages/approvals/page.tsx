/** What waits for a person, signals beside intents. */
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { useWaitingSignals } from "../../live/use_waiting_signals";
import { Page } from "../../ui/page";
import { APPROVAL_TOPICS, Approvals } from "../risk/approvals";
import { SignalApprovals } from "./signal_approvals";

const WAITING = { query: { limit: 200 } } as const;

export function ApprovalsPage(): ReactNode {
  const signals = useWaitingSignals();
  const intents = useAsk("GET /live/approvals", WAITING, {
    topics: APPROVAL_TOPICS,
    everyMs: 10_000,
  });
  return (
    <Page title="Approvals">
      <SignalApprovals query={signals} />
      <Approvals query={intents} title="Intents" />
    </Page>
  );
}
