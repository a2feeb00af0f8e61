/** Reads what needs a person, and again whenever an event may have changed it. */
import { type Need, needsOf } from "../model/attention";
import { openSignals, waitingForPerson } from "../model/pipeline";
import { useNow } from "../ui/now";
import { useAsk } from "./use_ask";

const MAX_APPROVALS = 50;

export function useAttention(): readonly Need[] {
  const roles = useAsk("GET /roles", {}, { topics: ["system.dead_letter"] });
  const approvals = useAsk(
    "GET /live/approvals",
    { query: { limit: MAX_APPROVALS } },
    { topics: ["risk.approval_"] },
  );
  const signals = useAsk(
    "GET /signals",
    { query: { status: "evaluated", limit: MAX_APPROVALS } },
    { topics: ["signal.evaluated", "decision.concluded"] },
  );
  const now = useNow();
  const states = useAsk("GET /risk/states", {}, { topics: ["system.trading_state"] });
  const wallets = useAsk("GET /wallets", {}, { topics: ["wallet."] });
  return needsOf({
    roles: roles.data,
    approvals: approvals.data?.items,
    signals: waitingForPerson(openSignals(signals.data?.items ?? [], now)),
    states: states.data?.states,
    wallets: wallets.data?.items,
  });
}
