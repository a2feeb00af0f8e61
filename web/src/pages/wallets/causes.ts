/** What the causes of a drift mean, and why a wallet was not compared. */
import type { Consequence, DriftCause, SkipReason } from "../../generated/rest";
import type { Look } from "../../model/words";

export interface Cause {
  readonly word: string;
  readonly meaning: string;
  /** What a person has to do; null where the platform has dealt with it. */
  readonly remedy: string | null;
}

export const CAUSES: Readonly<Record<DriftCause, Cause>> = {
  GAS: {
    word: "Gas",
    meaning: "A transaction of ours had a cost that the journal did not know.",
    remedy: null,
  },
  FEE: {
    word: "Fee",
    meaning: "A transaction of ours cost something else than the journal said.",
    remedy: null,
  },
  DEPOSIT: { word: "Deposit", meaning: "Somebody sent tokens to the wallet.", remedy: null },
  NATIVE_IN: {
    word: "Native currency in",
    meaning: "Somebody sent native currency to the wallet.",
    remedy: null,
  },
  FEE_ON_TRANSFER: {
    word: "Fee on transfer",
    meaning: "The token keeps a part of what is transferred.",
    remedy: null,
  },
  REBASE: {
    word: "Rebase",
    meaning: "The token changes balances by itself, and is registered as one that does.",
    remedy: null,
  },
  DUST: {
    word: "Dust",
    meaning: "Less than what counts as a difference for this token.",
    remedy: null,
  },
  TRANSFER_OUT: {
    word: "Transfer out",
    meaning: "Tokens left the wallet, and no transaction of ours took them.",
    remedy:
      "Who took them? If it was not you, an allowance or the key is in wrong hands: move the funds with another tool, take a new key, do not resume.",
  },
  FOREIGN_NONCE: {
    word: "Foreign transaction",
    meaning: "The wallet's key signed a transaction that the journal does not have.",
    remedy:
      "Look the transaction up in a block explorer. If you do not know who sent it, the key is stolen: move the funds with another tool, take a new key, do not resume.",
  },
  UNEXPLAINED: {
    word: "Unexplained",
    meaning: "No evidence on the chain accounts for it.",
    remedy:
      "Does the token change balances by itself, or keep a part of transfers? Then name it in TRADEWIND_REBASING_TOKENS or TRADEWIND_FEE_TOKENS, or trade it no more.",
  },
};

export const SKIPPED: Readonly<Record<SkipReason, string>> = {
  IN_FLIGHT: "A transaction is in the block and has no outcome yet.",
  HEAD_BEHIND: "The node is behind the block that was compared last.",
  BLOCK_GONE: "The block left the chain while it was read. The next pass compares again.",
  NODES_DISAGREE: "One node reports a difference that another one does not confirm.",
  NODES_SILENT: "No node answered, or too few of them to confirm a difference.",
  JOURNAL_MOVED: "Another treasury compared it at the same time.",
};

export const CONSEQUENCES: Readonly<Record<Consequence, Look>> = {
  noted: { mark: "○", word: "Noted", tone: "idle" },
  booked: { mark: "✓", word: "Booked", tone: "ok" },
  frozen: { mark: "✕", word: "Froze the wallet", tone: "bad" },
};
