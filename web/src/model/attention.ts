/** What needs a person: nothing here goes on by itself. */
import type {
  ApprovalDocument,
  RoleList,
  SignalApprovalDocument,
  TradingStateDocument,
  WalletDocument,
} from "../generated/rest";
import { count, usd } from "./format";
import { lookOfStanding, parseScope, scopeWords } from "./scopes";
import { wishOfSignal } from "./signal_words";
import type { Tone } from "./words";

export interface Need {
  readonly key: string;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  /** The page that shows it, and where something can be done about it. */
  readonly to: string;
}

export interface Known {
  readonly roles?: RoleList | undefined;
  readonly approvals?: readonly ApprovalDocument[] | undefined;
  /** Signals that wait for a person. */
  readonly signals?: readonly SignalApprovalDocument[] | undefined;
  readonly states?: readonly TradingStateDocument[] | undefined;
  readonly wallets?: readonly WalletDocument[] | undefined;
}

/** The worst first. What could not be read is left out rather than called well. */
export function needsOf(known: Known): Need[] {
  const { roles, approvals = [], signals = [], states = [], wallets = [] } = known;
  return [
    ...halts(states),
    ...walletNeeds(wallets),
    ...roleNeeds(roles),
    ...approvalNeeds(approvals),
    ...signalNeeds(signals),
    ...backlogNeeds(roles),
  ];
}

function halts(states: readonly TradingStateDocument[]): Need[] {
  return states
    .filter(({ is_in_force, state }) => is_in_force && state !== "active")
    .filter(({ scope, needs_person }) => needs_person || parseScope(scope).kind !== "lock")
    .map((state) => {
      const { word, tone } = lookOfStanding(state);
      return {
        key: `halt ${state.scope}`,
        tone,
        title: `${word}: ${scopeWords(state.scope)}`,
        detail: state.reason,
        to: "/risk",
      };
    });
}

function walletNeeds(wallets: readonly WalletDocument[]): Need[] {
  return wallets
    .filter(({ state }) => state !== "ready")
    .map(({ wallet_id, name, state, halted_reason }) => ({
      key: `wallet ${wallet_id}`,
      tone: "bad",
      title: `Wallet ${name} is ${state}`,
      detail: halted_reason ?? "It signs nothing until a person resumes it.",
      to: "/wallets",
    }));
}

function roleNeeds(roles: RoleList | undefined): Need[] {
  return (roles?.items ?? [])
    .filter(({ status }) => status === "missing" || status === "stalled")
    .map(({ role, status }) => ({
      key: `role ${role}`,
      tone: "bad",
      title: status === "missing" ? `Nobody runs the ${role}` : `The ${role} has stalled`,
      detail: "What it has to do waits until it runs again.",
      to: "/ops/roles",
    }));
}

function approvalNeeds(approvals: readonly ApprovalDocument[]): Need[] {
  return approvals
    .filter(({ verdict }) => verdict == null)
    .map(({ intent_id, instrument, intent_type, amount, notional_usd, portfolio_id }) => ({
      key: `approval ${intent_id}`,
      tone: "warn",
      title: `Approve or refuse: ${intent_type === "acquire" ? "buy" : "sell"} ${amount} ${baseOf(instrument)}`,
      detail: `worth ${usd(notional_usd)}, portfolio ${portfolio_id}`,
      to: `/intent/${intent_id}`,
    }));
}

function signalNeeds(signals: readonly SignalApprovalDocument[]): Need[] {
  return signals.map(({ signal_id, signal }) => ({
    key: `signal ${signal_id}`,
    tone: "warn",
    title: `Approve or decline: ${wishOfSignal(signal)}`,
    detail: `a signal of ${signal.source}`,
    to: `/signal/${signal_id}`,
  }));
}

/** Instruments are called chain, base and quote. */
const baseOf = (instrument: string): string => instrument.split("-").at(-2) ?? instrument;

function backlogNeeds(roles: RoleList | undefined): Need[] {
  const backlogs = roles?.backlogs;
  if (!backlogs) return [];
  const lines: readonly (readonly [number, string, string, string, string])[] = [
    [
      backlogs.open_dead_letters,
      "dead letter",
      "dead letters",
      "Given up by a role. Retry or resolve each.",
      "/ops/dead-letters",
    ],
    [
      backlogs.stalled,
      "stalled history",
      "stalled histories",
      "Open, and nothing has happened for long.",
      "/ops/stalled",
    ],
  ];
  return lines
    .filter(([size]) => size > 0)
    .map(([size, one, many, detail, to]) => ({
      key: many,
      tone: "warn",
      title: `${count(size)} ${size === 1 ? one : many}`,
      detail,
      to,
    }));
}
