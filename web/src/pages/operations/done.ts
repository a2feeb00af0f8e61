/** What people and the platform did beside trading: who, and what, in a line. */
import type { PlatformEvent } from "../../generated/contracts";
import { amount } from "../../model/format";

/** The topics of what is done to the platform rather than for an intent. */
export const DOING = [
  "system.dead_letter_retried",
  "system.dead_letter_resolved",
  "system.trading_state_changed",
  "system.risk_limits_applied",
  "instrument.registered",
  "instrument.updated",
  "portfolio.funded",
  "portfolio.close_requested",
  "risk.approval_answered",
  "intent.cancel_requested",
  "wallet.registered",
  "wallet.reconcile_requested",
  "wallet.resumed",
] as const;

export interface Done {
  readonly what: string;
  /** The key, the login or the role; null where the event does not say. */
  readonly by: string | null;
}

const NOTHING: Done = { what: "", by: null };

export function doneBy({ topic, payload }: Pick<PlatformEvent, "topic" | "payload">): Done {
  const event = { topic, payload } as PlatformEvent;
  return aboutPlatform(event) ?? aboutTrading(event) ?? aboutWallets(event) ?? NOTHING;
}

function aboutPlatform(event: PlatformEvent): Done | null {
  switch (event.topic) {
    case "system.dead_letter_retried": {
      const { deadLetterId, note, requestedBy } = event.payload;
      const why = note == null ? "" : `: ${note}`;
      return { what: `Dead letter ${deadLetterId} sent again${why}`, by: requestedBy ?? null };
    }
    case "system.dead_letter_resolved": {
      const { deadLetterId, note, requestedBy } = event.payload;
      return { what: `Dead letter ${deadLetterId} resolved: ${note}`, by: requestedBy ?? null };
    }
    case "system.trading_state_changed": {
      const { scope, state, reason, by } = event.payload;
      return { what: `${scope} is ${state}: ${reason}`, by };
    }
    case "system.risk_limits_applied": {
      const { policy, appliedBy } = event.payload;
      return { what: `Risk policy ${policy.version} in force`, by: appliedBy };
    }
    default:
      return null;
  }
}

function aboutTrading(event: PlatformEvent): Done | null {
  switch (event.topic) {
    case "instrument.registered":
      return {
        what: `Instrument ${event.payload.instrument.key} registered`,
        by: event.payload.registeredBy ?? null,
      };
    case "instrument.updated":
      return {
        what: `Instrument ${event.payload.instrument.key} changed`,
        by: event.payload.changedBy,
      };
    case "portfolio.funded": {
      const { portfolioId, token, direction, requestedBy } = event.payload;
      const moved = `${amount(event.payload.amount)} ${token.symbol}`;
      const what =
        direction === "in" ? `${moved} to ${portfolioId}` : `${moved} from ${portfolioId}`;
      return { what, by: requestedBy };
    }
    case "portfolio.close_requested": {
      const { portfolioId, sales, requestedBy } = event.payload;
      return { what: `${sales.length} positions of ${portfolioId} to be sold`, by: requestedBy };
    }
    case "risk.approval_answered": {
      const { verdict, intentId, answeredBy } = event.payload;
      return { what: `Intent ${intentId} ${verdict}`, by: answeredBy };
    }
    case "intent.cancel_requested":
      return {
        what: `Intent ${event.payload.intentId} to be cancelled`,
        by: event.payload.requestedBy,
      };
    default:
      return null;
  }
}

function aboutWallets(event: PlatformEvent): Done | null {
  switch (event.topic) {
    case "wallet.registered":
      return { what: `The books of wallet ${event.payload.name} begin`, by: null };
    case "wallet.reconcile_requested":
      return { what: "Wallets to be compared with the chain", by: event.payload.requestedBy };
    case "wallet.resumed": {
      const { walletId, note, resumedBy } = event.payload;
      return { what: `Wallet ${walletId} resumed: ${note}`, by: resumedBy };
    }
    default:
      return null;
  }
}
