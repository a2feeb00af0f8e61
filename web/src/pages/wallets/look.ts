/** How the states of wallets and of what they signed are shown. */
import type { WalletState, WalletTransactionDocument } from "../../generated/rest";
import type { Look } from "../../model/words";

export const WALLET_LOOKS: Readonly<Record<WalletState, Look>> = {
  ready: { mark: "✓", word: "Ready", tone: "ok" },
  halted: { mark: "✕", word: "Halted", tone: "bad" },
  frozen: { mark: "✕", word: "Frozen", tone: "bad" },
};

export const WALLET_SENTENCES: Readonly<Record<WalletState, string>> = {
  ready: "It signs.",
  halted: "It signs nothing more. What is in flight is still broadcast, replaced and settled.",
  frozen: "It signs nothing more, because it holds something else than its books say.",
};

export const TRANSACTION_LOOKS: Readonly<Record<WalletTransactionDocument["state"], Look>> = {
  signed: { mark: "◔", word: "Signed", tone: "run" },
  broadcast: { mark: "◑", word: "Sent", tone: "run" },
  mined: { mark: "◕", word: "Mined", tone: "run" },
  succeeded: { mark: "✓", word: "Succeeded", tone: "ok" },
  reverted: { mark: "✕", word: "Reverted", tone: "bad" },
  cancelled: { mark: "–", word: "Cancelled", tone: "off" },
  nonce_taken: { mark: "✕", word: "Nonce taken", tone: "bad" },
};

export const PURPOSES: Readonly<Record<WalletTransactionDocument["purpose"], string>> = {
  swap: "Swap",
  approval: "Approval",
  filler: "Fills a gap",
};
