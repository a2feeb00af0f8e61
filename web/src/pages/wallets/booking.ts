/** What was booked in the books of wallets, as the events that booked it tell. */
import type { PlatformEvent } from "../../generated/contracts";
import type { DriftCause } from "../../generated/rest";

export const BOOKING = ["wallet.registered", "wallet.reconciled", "wallet.resumed"] as const;

export type Kind = "opening" | "explained" | "answered";

export interface Booking {
  readonly key: string;
  readonly kind: Kind;
  readonly walletId: string;
  readonly currency: string;
  readonly token: string | null;
  /** Base units, with their sign. */
  readonly amount: string;
  /** Null where the event does not tell it. */
  readonly decimals: number | null;
  readonly cause: DriftCause | null;
  /** What the chain says of it, or what the operator said. */
  readonly why: string;
  readonly at: string;
}

type Line = Omit<Booking, "key" | "kind" | "at" | "why" | "cause"> &
  Partial<Pick<Booking, "why" | "cause">>;

export function bookingsOf(event: PlatformEvent): readonly Booking[] {
  const { kind, lines } = linesOf(event);
  return lines.map((line, place) => ({
    why: "",
    cause: null,
    ...line,
    kind,
    at: event.timestamp,
    key: `${event.eventId}-${place}`,
  }));
}

function linesOf(event: PlatformEvent): { readonly kind: Kind; readonly lines: readonly Line[] } {
  switch (event.topic) {
    case "wallet.registered":
      return { kind: "opening", lines: opened(event.payload) };
    case "wallet.reconciled":
      return { kind: "explained", lines: explained(event.payload) };
    case "wallet.resumed":
      return { kind: "answered", lines: answered(event.payload) };
    default:
      return { kind: "opening", lines: [] };
  }
}

type PayloadOf<Topic extends PlatformEvent["topic"]> = Extract<
  PlatformEvent,
  { readonly topic: Topic }
>["payload"];

const opened = ({
  walletId,
  blockNumber,
  balances,
}: PayloadOf<"wallet.registered">): readonly Line[] =>
  balances.map(({ currency, token, decimals, amount }) => ({
    walletId,
    currency,
    token: token ?? null,
    decimals,
    amount,
    why: `held in block ${blockNumber}`,
  }));

const explained = ({ report }: PayloadOf<"wallet.reconciled">): readonly Line[] =>
  report.records.flatMap(({ wallet_id, currency, token, decimals, parts }) =>
    (parts ?? [])
      .filter(({ consequence }) => consequence === "booked")
      .map(({ amount, cause, evidence }) => ({
        walletId: wallet_id,
        currency,
        token: token ?? null,
        decimals,
        amount,
        cause,
        why: evidence,
      })),
  );

const answered = ({
  walletId,
  adjustments,
  note,
  resumedBy,
}: PayloadOf<"wallet.resumed">): readonly Line[] =>
  adjustments.map(({ currency, token, amount }) => ({
    walletId,
    currency,
    token: token ?? null,
    decimals: null,
    amount,
    why: `${resumedBy}: ${note}`,
  }));
