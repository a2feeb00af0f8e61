import { expect, it } from "vitest";
import type { Features } from "../generated/contracts";
import { flagsOf, framesOf, groupsOf, otherFlags } from "./features";
import { goldenSignal } from "./signal_golden";

function featuresOf(name: string): Features {
  const found = goldenSignal(name).events.find(({ topic }) => topic === "signal.enriched");
  if (found?.topic !== "signal.enriched") throw new Error(`${name} has no features`);
  return found.payload.features;
}

const CLEAN = featuresOf("submitted");
const FLAWED = featuresOf("no_quorum");

it("shows every value that the models were told, as they were told it", () => {
  const shown = groupsOf(CLEAN).flatMap(({ features }) => features);
  const values = Object.fromEntries(shown.map(({ key, value }) => [key, value]));
  expect(values).toMatchObject({
    mid_price: "3,015.1",
    entry_drift_bps: "0.0896\u202f%",
    spread_bps: "0.0066\u202f%",
    funding_hourly: "0.00125\u202f%/h",
    open_interest_change_24h: "4.12\u202f%",
    imbalance_100: "0.181422",
    imbalance_500: null,
  });
});

it("leaves out what the profile did not ask for", () => {
  const { imbalance, mark_price, oracle_price, ...rest } = CLEAN;
  const names = groupsOf(rest).flatMap(({ features }) => features.map(({ key }) => key));
  expect(names).not.toContain("mark_price");
  expect(names.some((key) => key.startsWith("imbalance"))).toBe(false);
});

it("says each flag where it belongs, once", () => {
  expect(flagsOf(CLEAN.quality)).toEqual([]);
  expect(flagsOf(FLAWED.quality)).toHaveLength(3);
  const derivatives = groupsOf(FLAWED).find(({ name }) => name === "Derivatives");
  expect(derivatives?.flags).toEqual([{ name: "context", kind: "stale" }]);
  const missing = framesOf(FLAWED).find(({ interval }) => interval === "4h");
  expect(missing?.frame).toBeNull();
  expect(missing?.flags.map(({ kind }) => kind)).toEqual(["missing", "provider_errors"]);
  expect(otherFlags(FLAWED)).toEqual([]);
});

it("loses no flag that it has no place for", () => {
  const quality = { out_of_range: ["rsi"], gaps: ["frame_15m.rsi"] };
  const flawed = { ...CLEAN, quality };
  expect(otherFlags(flawed)).toEqual([{ name: "rsi", kind: "out_of_range" }]);
  expect(framesOf(flawed)[0]?.flags).toEqual([{ name: "frame_15m.rsi", kind: "gaps" }]);
});
