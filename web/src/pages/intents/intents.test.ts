import { describe, expect, it } from "vitest";
import type { IntentDocument } from "../../generated/contracts";
import { Unreachable } from "../../live/rest";
import { goldenHistories } from "../../model/golden";
import { STATES } from "../../model/words";
import { beginningOf, fits, type IntentFilter, intentFilter, isFiltered, queryOf } from "./filter";
import { Listing, type Page, rowsOf } from "./listing";
import { COMMON_VIEWS, MAX_VIEWS, nameOf, savedViews, withoutView, withView } from "./views";

const DOCUMENTS = goldenHistories().map(({ intent }) => JSON.parse(intent) as IntentDocument);

const found = (filter: IntentFilter, sinceMs: number | null = null): readonly IntentDocument[] =>
  DOCUMENTS.filter((document) => fits(document, filter, sinceMs));

describe("a filter", () => {
  it("comes out of an address as it went in", () => {
    const filter: IntentFilter = {
      state: "failed,expired",
      strategy: "demo",
      pair: "WETH/USDC",
      reason: "NO_POOL",
      unknown: true,
      time: "24h",
      text: "0xabc",
    };
    expect(intentFilter({ ...filter })).toEqual(filter);
    expect(isFiltered(filter)).toBe(true);
  });

  it("leaves out what the gateway would refuse", () => {
    const filter = intentFilter({
      state: "failed,asleep",
      strategy: "-",
      pair: "WETH",
      reason: "no pool",
      unknown: "yes",
      time: "1y",
      text: "x".repeat(65),
      other: "1",
    });
    expect(filter).toEqual({ state: "failed" });
    expect(isFiltered(intentFilter({ state: "asleep" }))).toBe(false);
  });

  it("asks the gateway for the same", () => {
    const query = queryOf({ state: "failed", strategy: "demo", unknown: true }, 0);
    expect(query).toEqual({
      state: "failed",
      strategy_id: "demo",
      in_flight: true,
      from: "1970-01-01T00:00:00.000Z",
    });
  });

  it("finds every recorded intent by its state, and none by two that it has not", () => {
    for (const document of DOCUMENTS) {
      expect(fits(document, { state: document.state }, null)).toBe(true);
      const others = STATES.filter((state) => state !== document.state).slice(0, 2);
      expect(fits(document, { state: others.join(",") }, null)).toBe(false);
    }
  });

  it("finds intents by what is said of them", () => {
    expect(found({ reason: "NO_POOL" }).length).toBeGreaterThan(1);
    expect(found({ reason: "NO_POOL", state: "completed" })).toEqual([]);
    expect(found({ unknown: true })).toEqual([]);
    const [one] = found({ state: "completed" });
    if (!one) throw new Error("no recorded intent completed");
    expect(found({ text: one.intent_id.toLowerCase() })).toEqual([one]);
    expect(found({ text: (one.summary.tx_hash ?? "").slice(4, 40) })).toEqual([one]);
    const at = Date.parse(one.submitted_at);
    expect(fits(one, {}, at)).toBe(true);
    expect(fits(one, {}, at + 1)).toBe(false);
    expect(fits({ ...one, in_flight: null }, { unknown: true }, null)).toBe(false);
  });

  it("begins its day at midnight", () => {
    const noon = new Date(2026, 10, 28, 12).getTime();
    expect(beginningOf("today", noon)).toBe(new Date(2026, 10, 28).getTime());
    expect(noon - beginningOf("1h", noon)).toBe(3_600_000);
  });
});

const document = (intent_id: string): IntentDocument => ({
  ...(DOCUMENTS[0] as IntentDocument),
  intent_id,
});

function listingOf(pages: readonly (Page | Error)[]): [Listing, string[], (string | undefined)[]] {
  const [kept, cursors]: [string[], (string | undefined)[]] = [[], []];
  const left = [...pages];
  const listing = new Listing(
    async (cursor) => {
      cursors.push(cursor);
      const page = left.shift();
      if (page === undefined) throw new Error("nothing was to be asked");
      if (page instanceof Error) throw page;
      return page;
    },
    (items) => kept.push(...items.map((item) => item.intent_id)),
  );
  return [listing, kept, cursors];
}

describe("a listing", () => {
  it("reads on from where it was, until it has all", async () => {
    const [listing, kept, cursors] = listingOf([
      { items: [document("C"), document("B")], next_cursor: "b", total: 3 },
      { items: [document("A")], next_cursor: null },
    ]);
    await listing.more();
    expect(listing.listed()).toMatchObject({ floor: "B", isWhole: false, total: 3 });
    await listing.more();
    await listing.more();
    expect(listing.listed()).toMatchObject({ floor: "", isWhole: true, total: 3 });
    expect(kept).toEqual(["C", "B", "A"]);
    expect(cursors).toEqual([undefined, "b"]);
  });

  it("passes empty pages", async () => {
    const [listing, , cursors] = listingOf([
      { items: [], next_cursor: "x" },
      { items: [document("A")], next_cursor: "y" },
    ]);
    await listing.more();
    expect(listing.listed().floor).toBe("A");
    expect(cursors).toEqual([undefined, "x"]);
  });

  it("asks once at a time, and again after an error", async () => {
    const [listing, kept] = listingOf([
      new Unreachable("away"),
      { items: [document("A")], next_cursor: null },
    ]);
    await Promise.all([listing.more(), listing.more()]);
    expect(listing.listed().error).toBeInstanceOf(Unreachable);
    await listing.more();
    expect(listing.listed()).toMatchObject({ isWhole: true, error: null, isReading: false });
    expect(kept).toEqual(["A"]);
  });
});

describe("the rows", () => {
  const listed = { floor: "B", isWhole: false, isReading: false, total: null, error: null };
  const all = (): boolean => true;

  it("end where the last page ended", () => {
    const order = ["D", "C", "B", "A"];
    expect(rowsOf(order, listed, null, all).rows).toEqual(["D", "C", "B"]);
    expect(rowsOf(order, { ...listed, floor: "" }, null, all).rows).toEqual(order);
    expect(rowsOf(order, { ...listed, floor: null }, null, all).rows).toEqual([]);
    expect(rowsOf(order, listed, null, (id) => id !== "C").rows).toEqual(["D", "B"]);
  });

  it("hold back what came while somebody reads, and count it", () => {
    expect(rowsOf(["E", "D", "C", "B"], listed, "C", all)).toEqual({ rows: ["C", "B"], held: 2 });
  });
});

describe("saved views", () => {
  const stored = (text: string | null) => savedViews({ getItem: () => text });

  it("survive whatever stands in the storage", () => {
    const view = { name: "mine", filter: { state: "failed" } };
    expect(stored(JSON.stringify([view, { name: "" }, 1, { name: "x" }]))).toEqual([view]);
    expect(stored("{")).toEqual([]);
    expect(stored("{}")).toEqual([]);
    expect(stored(null)).toEqual([]);
  });

  it("are replaced by name, taken away by name, and bounded", () => {
    let views = withView([], { name: "a", filter: {} });
    views = withView(views, { name: "a", filter: { unknown: true } });
    expect(views).toEqual([{ name: "a", filter: { unknown: true } }]);
    expect(withoutView(views, "a")).toEqual([]);
    for (let n = 0; n <= MAX_VIEWS; n += 1) views = withView(views, { name: `${n}`, filter: {} });
    expect(views).toHaveLength(MAX_VIEWS);
    expect(views[0]?.name).toBe(`${MAX_VIEWS}`);
  });

  it("are known by their filter", () => {
    expect(nameOf(COMMON_VIEWS, { time: "today", state: "failed" })).toBe("Failed today");
    expect(nameOf(COMMON_VIEWS, { state: "failed" })).toBeNull();
  });

  it("are filters that an address keeps", () => {
    for (const { filter } of COMMON_VIEWS) expect(intentFilter({ ...filter })).toEqual(filter);
  });
});
