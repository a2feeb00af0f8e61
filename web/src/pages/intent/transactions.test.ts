import { describe, expect, it } from "vitest";
import { goldenHistories } from "../../model/golden";
import { type Transaction, transactionsOf } from "./transactions";

const GOLDEN = goldenHistories();

function only(name: string): Transaction {
  const golden = GOLDEN.find((one) => one.name === `${name}.jsonl`);
  const [transaction, ...others] = transactionsOf(golden?.events ?? []);
  if (!transaction || others.length > 0) throw new Error(`${name} has not one transaction`);
  return transaction;
}

describe("a transaction", () => {
  it("on the chain has its place, its cost and its approvals", () => {
    const transaction = only("staged_chain_split");
    expect(transaction).toMatchObject({
      venue: "uniswap_v3",
      nonce: 7,
      wallet: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
      signedAt: "2026-11-28T15:13:10.942Z",
      sentAt: "2026-11-28T15:13:11.000Z",
      settlement: { blockNumber: 80, transactionIndex: 1, gasUsed: 197_937 },
      end: null,
    });
    expect(transaction.approvals).toHaveLength(1);
  });

  it("of the simulated venue has neither wallet nor nonce", () => {
    expect(only("staged_paper_acquire")).toMatchObject({
      venue: "simulated",
      nonce: null,
      wallet: null,
      signedAt: null,
    });
  });

  it("costs once, however many fills it has", () => {
    const transaction = only("staged_approval_given");
    expect(transaction.fills).toHaveLength(2);
    expect(transaction.settlement).toMatchObject({ gasUsed: 115_000, feeWei: "115000000000000" });
  });

  it("that left the chain says so, and waits longer", () => {
    const transaction = only("staged_chain_reorg");
    expect(transaction.reorgs).toHaveLength(1);
    expect(transaction.confirmBy).toBe("2026-11-28T15:24:12.298Z");
    expect(transaction.settlement?.blockNumber).toBe(49);
  });

  it.each(["staged_chain_cancelled", "staged_chain_cancelled_on_request"])(
    "of %s has the proof that it cannot happen",
    (name) => {
      const { end, settlement } = only(name);
      expect(end?.payload.proof).toBe("cancelled");
      expect(settlement?.gasUsed).toBe(21_000);
    },
  );

  it("is none where nothing was handed to the venue", () => {
    const failed = GOLDEN.find((one) => one.name === "staged_paper_failed.jsonl");
    expect(transactionsOf(failed?.events ?? [])).toEqual([]);
  });
});
