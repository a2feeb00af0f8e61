import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SlotDocument, WalletTransactionDocument } from "../../generated/rest";
import { concernsOf, firstOpen, lanesOf, latestApprovals } from "./lanes";

const NOW = "2026-11-28T21:35:12.000Z";
const slot = (nonce: number, more: Partial<SlotDocument> = {}): SlotDocument => ({
  nonce,
  purpose: "swap",
  state: "succeeded",
  plan_id: null,
  step_index: null,
  intent_id: null,
  portfolio_id: null,
  deadline: NOW,
  created_at: NOW,
  submitted_at: NOW,
  settled_at: NOW,
  mined_tx_hash: null,
  mined_block_number: null,
  foreign_since: null,
  cancel_requested_at: null,
  cancel_requested_by: null,
  reason: null,
  detail: null,
  generations: [],
  ...more,
});

describe("lanes", () => {
  it("have a column for every nonce in between, of the journal or not", () => {
    const lanes = lanesOf([slot(7), slot(4), slot(3)]);
    expect(lanes.map(({ nonce, slot: found }) => [nonce, found !== null])).toEqual([
      [7, true],
      [6, false],
      [5, false],
      [4, true],
      [3, true],
    ]);
    expect(lanesOf([])).toEqual([]);
  });

  it("keep every slot, in order, however far nonces are apart", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(100_000), { maxLength: 50 }), (nonces) => {
        const sorted = nonces.toSorted((left, right) => right - left);
        const lanes = lanesOf(sorted.map((nonce) => slot(nonce)));
        expect(lanes.flatMap((lane) => lane.slot?.nonce ?? [])).toEqual(sorted);
        const drawn = lanes.map(({ nonce }) => nonce);
        expect(drawn).toEqual(drawn.toSorted((left, right) => right - left));
        expect(new Set(drawn).size).toBe(drawn.length);
        expect(drawn.length).toBeLessThanOrEqual(21 * Math.max(1, sorted.length));
      }),
    );
  });

  it("know the nonce that all others wait for", () => {
    expect(firstOpen([slot(7, { settled_at: null }), slot(5, { settled_at: null })])).toBe(5);
    expect(firstOpen([slot(7)])).toBeNull();
  });
});

describe("what needs attention at a nonce", () => {
  const now = Date.parse(NOW) + 1;

  it("is nothing once it has its outcome", () => {
    expect(concernsOf(slot(1), now)).toEqual([]);
  });

  it("is a deadline that has passed, a cancellation, a stranger, and replacements", () => {
    const generation = {
      generation: 1,
      purpose: "replacement" as const,
      tx_hash: "0x1",
      gas_limit: 1,
      max_fee_per_gas_wei: "1",
      max_priority_fee_per_gas_wei: "1",
      signed_at: NOW,
      broadcast_at: null,
    };
    const stuck = slot(1, {
      settled_at: null,
      foreign_since: NOW,
      cancel_requested_at: NOW,
      cancel_requested_by: "desk",
      generations: [generation, { ...generation, generation: 2 }],
    });
    expect(concernsOf(stuck, now)).toEqual([
      "A foreign transaction was seen at this nonce.",
      "Its cancellation was requested by desk.",
      "It is past its deadline.",
      "It was replaced 2 times at higher fees.",
    ]);
    expect(concernsOf({ ...stuck, settled_at: NOW }, now)).not.toContain(
      "It is past its deadline.",
    );
  });
});

describe("the newest approvals", () => {
  it("are one for each token and spender, of those that took effect", () => {
    const approval = (nonce: number, token: string, amount: string, state = "succeeded") =>
      ({
        nonce,
        state,
        approved_token: token,
        spender: "0xE5",
        approved_amount: amount,
      }) as WalletTransactionDocument;
    const swap = { ...approval(9, "", ""), approved_token: null } as WalletTransactionDocument;
    const found = latestApprovals([
      swap,
      approval(8, "0xA0", "3", "reverted"),
      approval(6, "0xA0", "2"),
      approval(7, "0xC0", "5"),
      approval(2, "0xA0", "1"),
    ]);
    expect(found.map(({ nonce, amount }) => [nonce, amount])).toEqual([
      [7, "5"],
      [6, "2"],
    ]);
  });
});
