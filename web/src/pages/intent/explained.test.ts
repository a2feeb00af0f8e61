import { describe, expect, it } from "vitest";
import { type Golden, goldenHistories } from "../../model/golden";
import { usedPart, verdictsOf } from "./checks";
import { gistOf, mentions, poolFee, sidesIn } from "./gist";
import { graphOf, RANKS } from "./graph";

const GOLDEN = goldenHistories();

function goldenCalled(name: string): Golden {
  const found = GOLDEN.find((golden) => golden.name === `${name}.jsonl`);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

const gistsOf = (name: string): readonly string[] => {
  const { events } = goldenCalled(name);
  return events
    .map((event) => gistOf(event, sidesIn(events)))
    .map(({ words, figures }) => `${words}: ${figures}`.replaceAll(/[\u202f\u00a0]/g, " "));
};

describe("gists", () => {
  it("tell a swap on the chain", () => {
    expect(gistsOf("staged_chain_split")).toEqual([
      "Submitted: Sell 200 WETH for USDC · slippage at most 1 % · within 5 m 0 s",
      "Passed the instrument's rules: $599,820.05 of at most $10,000,000.00 · 3 rules passed",
      "Approved by risk: $599,820.05 of at most $10,000,000.00",
      "Accepted for planning: $599,820.05",
      "Planned: split over 2 pools, 0.30 % and 0.05 % · 200.000000 WETH for at least 590,846.888442 USDC",
      "Execution began: on Uniswap V3",
      "Signed: nonce 7 · 0xf726d2…aa9cba",
      "Sent: 0xf726d2…aa9cba",
      "Filled: 200.000000 WETH for 596,815.038830 USDC · block 80",
      "Completed: 200.000000 WETH for 596,815.038830 USDC",
    ]);
  });

  it("tell a wait for a person", () => {
    expect(gistsOf("staged_approval_denied").slice(2)).toEqual([
      expect.stringMatching(/^Waits for a person: \$\d+\.\d\d is more than \$100\.00$/),
      "Refused by risk: APPROVAL_DENIED · denied by cli:root: as a person decides",
    ]);
  });

  it("write fees of pools exactly", () => {
    expect(poolFee(500).replace("\u202f", " ")).toBe("0.05 %");
    expect(poolFee(10_000).replace("\u202f", " ")).toBe("1.00 %");
    expect(poolFee(3_000).replace("\u202f", " ")).toBe("0.30 %");
  });

  it("are found by what they show and by what they have", () => {
    const { events } = goldenCalled("staged_chain_split");
    const found = (text: string) =>
      events.filter((event) => mentions(event, text, sidesIn(events))).map(({ topic }) => topic);
    expect(found("NONCE 7")).toEqual(["exec.step_signed"]);
    expect(found("transactionIndex")).toEqual(["exec.step_filled"]);
    expect(found("  ")).toHaveLength(events.length);
    expect(found("typhoon")).toEqual([]);
  });
});

describe("checks", () => {
  it("are those of both stages of risk", () => {
    const verdicts = verdictsOf(goldenCalled("staged_portfolio_daily_budget").events);
    expect(verdicts.map(({ stage, event }) => [stage, event.topic])).toEqual([
      ["instrument", "risk.screened"],
      ["portfolio", "risk.rejected"],
    ]);
    expect(verdicts[1]?.checks.filter((check) => !check.passed)).toEqual([
      expect.objectContaining({ rule: "DAILY_BUDGET" }),
    ]);
    expect(verdicts[1]?.policyVersion).toBe(1);
  });

  it("are made once more when a person has approved", () => {
    const verdicts = verdictsOf(goldenCalled("staged_approval_given").events);
    expect(verdicts.map(({ stage }) => stage)).toEqual(["instrument", "portfolio", "approval"]);
  });

  it("are a part of a limit only where less is better", () => {
    const part = (rule: "NOTIONAL_LIMIT" | "LOT_SIZE", value: string, limit: string) =>
      usedPart({ rule, passed: true, value, limit });
    expect(part("NOTIONAL_LIMIT", "25 USD", "100 USD")).toBe(0.25);
    expect(part("NOTIONAL_LIMIT", "250 USD", "100 USD")).toBe(1);
    expect(part("NOTIONAL_LIMIT", "250 USD", "100 EUR")).toBeNull();
    expect(part("LOT_SIZE", "1 WETH", "1 WETH")).toBeNull();
    expect(usedPart({ rule: "PRICE_UNAVAILABLE", passed: false, value: "LINK" })).toBeNull();
  });
});

describe("the graph", () => {
  const shape = (name: string): readonly string[] => {
    const nodes = graphOf(goldenCalled(name).events);
    const titles = new Map(nodes.map((node) => [node.id, node.title.replace("\u202f", " ")]));
    return nodes.map(({ id, causes }) =>
      [causes.map((cause) => titles.get(cause)).join("+"), titles.get(id)].join(" → "),
    );
  };

  it("splits an amount over pools and joins it in one transaction", () => {
    expect(shape("staged_chain_split").slice(3)).toEqual([
      "Approved → Plan",
      "Plan → Pool 0.30 %",
      "Plan → Pool 0.05 %",
      "Pool 0.30 %+Pool 0.05 % → Transaction",
      "Transaction → Fill 1",
      "Fill 1 → Completed",
    ]);
  });

  it("passes two pools in a row", () => {
    const pools = shape("paper_two_hop").filter((edge) => / → Pool/.test(edge));
    expect(pools).toEqual([
      expect.stringMatching(/^Plan → Pool/),
      expect.stringMatching(/^Pool .* → Pool/),
    ]);
  });

  it("joins all fills in the outcome", () => {
    expect(shape("paper_partial_fills").slice(-5)).toEqual([
      "Transaction → Fill 1",
      "Transaction → Fill 2",
      "Transaction → Fill 3",
      "Transaction → Fill 4",
      "Fill 1+Fill 2+Fill 3+Fill 4 → Completed",
    ]);
  });
});

describe.each(GOLDEN)("$name", ({ events }) => {
  it("is told event by event, and its graph hangs together", () => {
    for (let length = 1; length <= events.length; length += 1) {
      const seen = events.slice(0, length);
      for (const event of seen) expect(gistOf(event, sidesIn(seen)).words).not.toBe(event.topic);
      const nodes = graphOf(seen);
      const ids = nodes.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const [at, { causes, rank }] of nodes.entries()) {
        expect(causes.length > 0).toBe(at > 0);
        for (const cause of causes) {
          const place = ids.indexOf(cause);
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThan(at);
          const causeRank = nodes[place]?.rank ?? "Outcome";
          expect(RANKS.indexOf(causeRank)).toBeLessThanOrEqual(RANKS.indexOf(rank));
        }
      }
    }
  });

  it("has a part for every limit that is a number, between nothing and all", () => {
    for (const { checks } of verdictsOf(events)) {
      for (const check of checks) {
        const part = usedPart(check);
        if (part === null) continue;
        expect(part).toBeGreaterThanOrEqual(0);
        expect(part).toBeLessThanOrEqual(1);
        if (!check.passed) expect(part).toBe(1);
      }
    }
  });
});
