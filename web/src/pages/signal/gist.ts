/** An event of a signal in one line. */
import type { PlatformEvent } from "../../generated/contracts";
import { SIGNAL_REASONS } from "../../generated/reasons";
import { flagsOf } from "../../model/features";
import { decimal, duration, exactPercent } from "../../model/format";
import {
  bpsPercent,
  DIRECTIONS,
  lookOfOutcome,
  statusWord,
  VERDICTS,
} from "../../model/signal_words";
import type { Gist } from "../intent/gist";

/** Null for an event that is of no signal. */
export function signalGist(event: PlatformEvent): Gist | null {
  const told = tellingOf(event);
  if (told === null) return null;
  const [words, ...figures] = told;
  return { words, figures: figures.filter((one) => one !== "").join(" · ") };
}

function tellingOf(event: PlatformEvent): readonly [string, ...string[]] | null {
  switch (event.topic) {
    case "signal.received": {
      const { signal } = event.payload.terms;
      const wish = `${DIRECTIONS[signal.signal_direction]} ${decimal(signal.size)} ${signal.symbol}`;
      return ["Received", wish, `at $${decimal(signal.entry_price)}`, `from ${signal.source}`];
    }
    case "signal.enriched": {
      const { features } = event.payload;
      const flags = flagsOf(features.quality).length;
      return [
        "Enriched",
        `mid $${decimal(features.mid_price)}`,
        `${bpsPercent(features.entry_drift_bps)} from entry`,
        flags === 0 ? "clean" : `${flags} flagged`,
      ];
    }
    case "signal.rejected": {
      const { reason, measured, limit } = event.payload;
      const why = measured == null ? SIGNAL_REASONS[reason].sentence : measured;
      return ["Rejected", reason, why, limit == null ? "" : `limit ${limit}`];
    }
    case "signal.evaluated":
      return ["All models answered or failed", `${event.payload.votes.length} asked`];
    case "signal.approval_answered":
      return [
        event.payload.verdict === "approved" ? "Approved by a person" : "Declined by a person",
        event.payload.answeredBy,
        event.payload.note ?? "",
      ];
    case "signal.marked":
      return [
        "Price looked at again",
        `after ${duration(event.payload.horizonSeconds * 1_000)}`,
        event.payload.signedReturn == null ? "" : exactPercent(event.payload.signedReturn),
      ];
    default:
      return tellingOfDecision(event);
  }
}

function tellingOfDecision(event: PlatformEvent): readonly [string, ...string[]] | null {
  if (event.topic === "decision.made") {
    const { model, role, status, answer, usage } = event.payload;
    const said =
      status === "ok"
        ? `${VERDICTS[answer.decision].word}, ${answer.confidence_pct}\u202f%`
        : statusWord(status);
    return [
      `${model} was asked`,
      said,
      role === "shadow" ? "shadow" : "",
      duration(usage.latency_ms),
    ];
  }
  if (event.topic !== "decision.concluded") return null;
  const { outcome, arithmetic, mode, reason } = event.payload;
  const score = arithmetic.score == null ? "" : `score ${exactPercent(arithmetic.score)}`;
  return ["Concluded", lookOfOutcome(outcome).word, reason ?? "", score, `mode ${mode}`];
}
