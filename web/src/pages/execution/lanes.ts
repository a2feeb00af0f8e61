/** Nonce lanes: one column per nonce of a wallet, in which its attempts are stacked. */
import type { SlotDocument, SlotState, WalletTransactionDocument } from "../../generated/rest";
import type { Look } from "../../model/words";

/** A nonce; without a slot it is in between and the journal has no transaction at it. */
export interface Lane {
  readonly nonce: number;
  readonly slot: SlotDocument | null;
}

/** More missing nonces in a row are told as one number, not drawn. */
const MAX_DRAWN_MISSING = 20;

/** The lanes of slots that are listed with the highest nonce first, in the same order. */
export function lanesOf(slots: readonly SlotDocument[]): readonly Lane[] {
  return slots.flatMap((slot, place) => {
    const next = slots[place + 1];
    const missing = next === undefined ? 0 : slot.nonce - next.nonce - 1;
    const drawn = Math.min(Math.max(missing, 0), MAX_DRAWN_MISSING);
    const between = Array.from({ length: drawn }, (_, step) => slot.nonce - 1 - step);
    return [{ nonce: slot.nonce, slot }, ...between.map((nonce) => ({ nonce, slot: null }))];
  });
}

interface SlotWords {
  readonly look: Look;
  /** What is known in this state, and what happens meanwhile. */
  readonly sentence: string;
}

export const SLOTS: Readonly<Record<SlotState, SlotWords>> = {
  signed: {
    look: { mark: "◔", word: "Signed", tone: "run" },
    sentence: "Signed and kept; no node is known to have it. It is sent after every lower nonce.",
  },
  broadcast: {
    look: { mark: "?", word: "Sent", tone: "unknown" },
    sentence:
      "A node had it: its outcome is unknown. It is sent again, replaced at higher fees, or cancelled after its deadline.",
  },
  mined: {
    look: { mark: "◕", word: "Mined", tone: "run" },
    sentence: "It is in a block, with too few confirmations. A reorg takes it back.",
  },
  succeeded: {
    look: { mark: "✓", word: "Succeeded", tone: "ok" },
    sentence: "Its receipt has its confirmations.",
  },
  reverted: {
    look: { mark: "✕", word: "Reverted", tone: "bad" },
    sentence: "It had no effect and cost gas. That is confirmed.",
  },
  cancelled: {
    look: { mark: "–", word: "Cancelled", tone: "off" },
    sentence: "The nonce went to a transfer of nothing from the wallet to itself.",
  },
  nonce_taken: {
    look: { mark: "✕", word: "Nonce taken", tone: "bad" },
    sentence: "The nonce went to a transaction that the platform did not sign.",
  },
};

export const MISSING: SlotWords = {
  look: { mark: "∅", word: "Not in the journal", tone: "warn" },
  sentence:
    "No transaction of the platform has this nonce. Somebody else used it, or the chain still waits for it.",
};

export const PURPOSES: Readonly<
  Record<SlotDocument["purpose"], { readonly letter: string; readonly word: string }>
> = {
  swap: { letter: "S", word: "Swap" },
  approval: { letter: "A", word: "Approval" },
  filler: { letter: "F", word: "Filler" },
};

export const isOpen = ({ settled_at }: SlotDocument): boolean => settled_at === null;

/** The open nonce that every higher one waits for. */
export function firstOpen(slots: readonly SlotDocument[]): number | null {
  const open = slots.filter(isOpen).map(({ nonce }) => nonce);
  return open.length === 0 ? null : Math.min(...open);
}

/** What needs attention at a nonce, in words. */
export function concernsOf(slot: SlotDocument, nowMs: number): readonly string[] {
  const concerns: string[] = [];
  if (slot.foreign_since !== null) concerns.push("A foreign transaction was seen at this nonce.");
  if (slot.cancel_requested_at !== null) {
    const by = slot.cancel_requested_by === null ? "" : ` by ${slot.cancel_requested_by}`;
    concerns.push(`Its cancellation was requested${by}.`);
  }
  if (isOpen(slot) && Date.parse(slot.deadline) < nowMs) concerns.push("It is past its deadline.");
  const replaced = slot.generations.filter(({ purpose }) => purpose === "replacement").length;
  if (replaced > 0) concerns.push(`It was replaced ${times(replaced)} at higher fees.`);
  return concerns;
}

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

export interface Approval {
  readonly token: string;
  readonly spender: string;
  readonly amount: string;
  readonly nonce: number;
}

/** The newest approval that took effect, of each token for each spender. */
export function latestApprovals(
  transactions: readonly WalletTransactionDocument[],
): readonly Approval[] {
  const found = new Map<string, Approval>();
  for (const one of transactions) {
    const { approved_token: token, spender, approved_amount: amount, nonce, state } = one;
    if (token === null || spender === null || amount === null || state !== "succeeded") continue;
    const key = `${token} ${spender}`;
    if ((found.get(key)?.nonce ?? -1) < nonce) found.set(key, { token, spender, amount, nonce });
  }
  return [...found.values()].toSorted((left, right) => right.nonce - left.nonce);
}
