/** What waits for a person, signals beside intents. */
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { useOpenSignals } from "../../live/use_open_signals";
import { waitingForPerson } from "../../model/pipeline";
import { Page } from "../../ui/page";
import { APPROVAL_TOPICS, Approvals } from "../risk/approvals";
import { SignalApprovals } from "./signal_approvals";

const WAITING = { query: { limit: 200 } } as const;

export function ApprovalsPage(): ReactNode {
  const { open, error, isRead, retry } = useOpenSignals();
  const intents = useAsk("GET /live/approvals", WAITING, {
    topics: APPROVAL_TOPICS,
    everyMs: 10_000,
  });
  return (
    <Page title="Approvals">
      <SignalApprovals
        waiting={waitingForPerson(open)}
        error={error}
        isRead={isRead}
        retry={retry}
      />
      <Approvals query={intents} title="Intents" />
    </Page>
  );
}
