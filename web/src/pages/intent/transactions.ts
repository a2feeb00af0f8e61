/** The transactions of an intent, each put together from the events that tell of it. */
import type { PlatformEvent, SettledApproval } from "../../generated/contracts";

type Of<Topic extends PlatformEvent["topic"]> = Extract<PlatformEvent, { topic: Topic }>;

/** What a transaction cost, and where it stands in the chain, once that is known. */
export interface Settlement {
  readonly blockNumber: number | null;
  readonly transactionIndex: number | null;
  readonly blockTime: string | null;
  readonly gasUsed: number | null;
  readonly gasPriceWei: string | null;
  readonly feeWei: string | null;
}

export interface Transaction {
  readonly hash: string;
  readonly stepIndex: number;
  readonly venue: "uniswap_v3" | "simulated";
  readonly wallet: string | null;
  readonly nonce: number | null;
  readonly signedAt: string | null;
  readonly sentAt: string | null;
  readonly confirmBy: string;
  readonly reorgs: readonly Of<"exec.step_reorged">[];
  readonly fills: readonly Of<"exec.step_filled">[];
  readonly settlement: Settlement | null;
  /** Transactions that let the router take the tokens. */
  readonly approvals: readonly SettledApproval[];
  /** The transaction that took its nonce instead, or the proof that it was undone. */
  readonly end: Of<"exec.failed"> | Of<"intent.cancelled"> | null;
}

export function transactionsOf(events: readonly PlatformEvent[]): readonly Transaction[] {
  const found = new Map<string, Transaction>();
  let newest: string | null = null;
  const change = (hash: string, changes: Partial<Transaction>): void => {
    const known = found.get(hash);
    if (known) found.set(hash, { ...known, ...changes });
  };
  for (const event of events) {
    switch (event.topic) {
      case "exec.step_signed":
      case "exec.step_submitted":
        newest = event.payload.txHash;
        found.set(newest, { ...(found.get(newest) ?? opened(event)), ...news(event) });
        break;
      case "exec.step_reorged": {
        const { txHash, confirmBy } = event.payload;
        const reorgs = [...(found.get(txHash)?.reorgs ?? []), event];
        change(txHash, { reorgs, confirmBy });
        break;
      }
      case "exec.step_filled":
        change(event.payload.txHash, filled(found.get(event.payload.txHash), event));
        break;
      case "exec.failed":
      case "intent.cancelled":
        if (newest !== null && event.payload.proof !== "not_submitted") {
          change(newest, { ...settled(event.payload), end: event });
        }
    }
  }
  return [...found.values()];
}

function opened({ payload }: Of<"exec.step_signed"> | Of<"exec.step_submitted">): Transaction {
  return {
    hash: payload.txHash,
    stepIndex: payload.stepIndex,
    venue: payload.venue,
    wallet: null,
    nonce: null,
    signedAt: null,
    sentAt: null,
    confirmBy: payload.confirmBy,
    reorgs: [],
    fills: [],
    settlement: null,
    approvals: [],
    end: null,
  };
}

function news(event: Of<"exec.step_signed"> | Of<"exec.step_submitted">): Partial<Transaction> {
  const { confirmBy } = event.payload;
  if (event.topic === "exec.step_submitted") return { confirmBy, sentAt: event.timestamp };
  const { wallet, nonce } = event.payload;
  return { confirmBy, wallet, nonce, signedAt: event.timestamp };
}

function filled(
  known: Transaction | undefined,
  event: Of<"exec.step_filled">,
): Partial<Transaction> {
  const fills = [...(known?.fills ?? []), event];
  // What it cost stands in the first of its fills alone.
  return known?.settlement ? { fills } : { fills, ...settled(event.payload) };
}

type Costs = Pick<
  Of<"exec.step_filled">["payload"],
  "gasUsed" | "effectiveGasPriceWei" | "feeWei" | "blockTime" | "transactionIndex" | "approvals"
> & { readonly blockNumber?: number | null };

function settled(costs: Costs): Pick<Transaction, "settlement" | "approvals"> {
  return {
    approvals: costs.approvals ?? [],
    settlement: {
      blockNumber: costs.blockNumber ?? null,
      transactionIndex: costs.transactionIndex ?? null,
      blockTime: costs.blockTime ?? null,
      gasUsed: costs.gasUsed ?? null,
      gasPriceWei: costs.effectiveGasPriceWei ?? null,
      feeWei: costs.feeWei ?? null,
    },
  };
}
