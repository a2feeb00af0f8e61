/** Reads what needs a person, and again whenever an event may have changed it. */
import { type Need, needsOf } from "../model/attention";
import { useAsk } from "./use_ask";
import { useWaitingSignals } from "./use_waiting_signals";

const MAX_APPROVALS = 50;

export function useAttention(): readonly Need[] {
  const roles = useAsk("GET /roles", {}, { topics: ["system.dead_letter"] });
  const approvals = useAsk(
    "GET /live/approvals",
    { query: { limit: MAX_APPROVALS } },
    { topics: ["risk.approval_"] },
  );
  const signals = useWaitingSignals();
  const states = useAsk("GET /risk/states", {}, { topics: ["system.trading_state"] });
  const wallets = useAsk("GET /wallets", {}, { topics: ["wallet."] });
  return needsOf({
    roles: roles.data,
    approvals: approvals.data?.items,
    signals: signals.data?.items,
    states: states.data?.states,
    wallets: wallets.data?.items,
  });
}
