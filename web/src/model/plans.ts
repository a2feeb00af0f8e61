/** How a model would enter and stop, in a few words. */
import type { EntryPlan, RiskPlan } from "../generated/contracts";
import { decimal, price } from "./format";
import { bpsPercent } from "./signal_words";

const TIMES = "\u00d7";
const NARROW_SPACE = "\u202f";

export function entryWords({ type, offset_bps }: EntryPlan): string {
  if (type === "market") return "at the market";
  if (offset_bps === 0) return "limit at the mid";
  return `limit ${bpsPercent(String(Math.abs(offset_bps)))} ${offset_bps < 0 ? "below" : "above"}`;
}

export function stopWords({ stop_method, stop_level, atr_multiple, trail_pct }: RiskPlan): string {
  switch (stop_method) {
    case "fixed":
      return stop_level == null ? "fixed" : `fixed at ${price(stop_level)}`;
    case "atr":
      return atr_multiple == null ? "by ATR" : `${decimal(atr_multiple)} ${TIMES} ATR`;
    case "trailing":
      return trail_pct == null ? "trailing" : `trailing ${decimal(trail_pct)}${NARROW_SPACE}%`;
  }
}
