/** An event in one line: what happened in words, and the figures that matter of it. */
import type { ExecutionStep, PlatformEvent } from "../../generated/contracts";
import { count, duration, exactPercent, percent, shortHash, usd } from "../../model/format";
import { signalGist } from "../signal/gist";
import { boughtBy, type Sides, sidesOf, soldBy, tokens, wish } from "./amounts";

export interface Gist {
  readonly words: string;
  readonly figures: string;
}

type Payload<Topic extends PlatformEvent["topic"]> = Extract<
  PlatformEvent,
  { topic: Topic }
>["payload"];

const SEPARATOR = " · ";
const PIPS_IN_ONE = 1_000_000;

/** `sides` says what an amount is of where the event itself does not. */
export function gistOf(event: PlatformEvent, sides: Sides | null): Gist {
  switch (event.topic) {
    case "intent.submitted":
      return gist("Submitted", ...ofSubmission(event.payload));
    case "intent.accepted":
      return gist("Accepted for planning", usd(event.payload.notionalUsd));
    case "intent.expired":
      return gist("Expired", event.payload.detail ?? "its time window closed");
    case "intent.cancelled":
      return gist("Cancelled", event.payload.detail ?? `asked for by ${event.payload.requestedBy}`);
    case "plan.created":
      return gist("Planned", ...ofPlan(event.payload));
    case "plan.rejected":
      return gist("No plan", event.payload.reason, event.payload.detail);
    default:
      return ofRisk(event) ?? ofExecution(event, sides) ?? signalGist(event) ?? gist(event.topic);
  }
}

/** A pool's fee: 500 pips are 0.05 %. */
export const poolFee = (pips: number): string => {
  const fraction = pips.toString().padStart(PIPS_IN_ONE.toString().length, "0");
  return percent(`${fraction.slice(0, -6)}.${fraction.slice(-6)}`);
};

/** How a route goes through its pools. */
export function routeWords({ route }: ExecutionStep): string {
  const legs = route.legs ?? [];
  if (route.path === "two_hop") return `through two pools, ${feesOf(legs, " then ")}`;
  if (route.path === "split") return `split over ${legs.length} pools, ${feesOf(legs, " and ")}`;
  return `direct, ${poolFee(route.fee_pips)} pool`;
}

function ofRisk(event: PlatformEvent): Gist | null {
  switch (event.topic) {
    case "risk.screened":
      return gist("Passed the instrument's rules", ...ofVerdict(event.payload));
    case "risk.approved":
      return gist("Approved by risk", ...ofVerdict(event.payload));
    case "risk.approval_required": {
      const { notionalUsd, thresholdUsd } = event.payload;
      return gist("Waits for a person", `${usd(notionalUsd)} is more than ${usd(thresholdUsd)}`);
    }
    case "risk.rejected":
      return gist("Refused by risk", event.payload.reason, event.payload.detail);
    default:
      return null;
  }
}

function ofExecution(event: PlatformEvent, sides: Sides | null): Gist | null {
  switch (event.topic) {
    case "exec.started":
      return gist("Execution began", venueWords(event.payload.venue));
    case "exec.step_signed":
      return gist("Signed", `nonce ${event.payload.nonce}`, shortHash(event.payload.txHash));
    case "exec.step_submitted":
      return gist(
        "Sent",
        event.payload.approval ? "" : "without an approval",
        shortHash(event.payload.txHash),
      );
    case "exec.step_reorged":
      return gist("Left the chain again", `block ${count(event.payload.blockNumber)}`);
    case "exec.step_filled":
      return gist(event.payload.final ? "Filled" : "Partly filled", ...ofFill(event.payload));
    case "exec.completed":
      return gist("Completed", ...ofCompletion(event.payload, sides));
    case "exec.failed":
      return gist("Failed", event.payload.reason, event.payload.detail);
    default:
      return null;
  }
}

const gist = (words: string, ...figures: readonly string[]): Gist => ({
  words,
  figures: figures.filter((figure) => figure !== "").join(SEPARATOR),
});

function ofSubmission({ intent }: Payload<"intent.submitted">): readonly string[] {
  const { max_slippage: slippage, time_window: seconds } = intent.constraints;
  return [
    wish(intent),
    `slippage at most ${exactPercent(slippage)}`,
    `within ${duration(seconds * 1_000)}`,
  ];
}

function ofVerdict(
  payload: Payload<"risk.screened"> | Payload<"risk.approved">,
): readonly string[] {
  const checks = payload.checks ?? [];
  const rules = checks.length === 1 ? "1 rule passed" : `${checks.length} rules passed`;
  return [
    `${usd(payload.notionalUsd)} of at most ${usd(payload.maxNotionalUsd)}`,
    checks.length > 0 ? rules : "",
  ];
}

function ofPlan({ steps }: Payload<"plan.created">): readonly string[] {
  const [step] = steps;
  if (!step) return [];
  const sold = tokens(step.amount_in, soldBy(step));
  return [routeWords(step), `${sold} for at least ${tokens(step.min_out, boughtBy(step))}`];
}

function ofFill({ step, amountIn, amountOut, blockNumber }: Payload<"exec.step_filled">) {
  const swapped = `${tokens(amountIn, soldBy(step))} for ${tokens(amountOut, boughtBy(step))}`;
  return [swapped, `block ${count(blockNumber)}`];
}

function ofCompletion(
  { amountIn, amountOut }: Payload<"exec.completed">,
  sides: Sides | null,
): readonly string[] {
  if (sides === null) return [];
  return [`${tokens(amountIn, sides.paid)} for ${tokens(amountOut, sides.received)}`];
}

const feesOf = (legs: readonly { readonly fee_pips: number }[], between: string): string =>
  legs.map((leg) => poolFee(leg.fee_pips)).join(between);

export const venueWords = (venue: "uniswap_v3" | "simulated"): string =>
  venue === "simulated" ? "on the simulated venue" : "on Uniswap V3";

/** Whether a text occurs in what the page shows of an event, whatever its case. */
export function mentions(event: PlatformEvent, text: string, sides: Sides | null): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return true;
  const { words, figures } = gistOf(event, sides);
  const shown = `${event.topic} ${words} ${figures} ${JSON.stringify(event)}`;
  return shown.toLowerCase().includes(wanted);
}

export const sidesIn = (events: readonly PlatformEvent[]): Sides | null => {
  const [first] = events;
  return first?.topic === "intent.submitted" ? sidesOf(first.payload.intent) : null;
};
