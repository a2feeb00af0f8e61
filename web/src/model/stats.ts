/** What is derived from counts of intents. */
import type { IntentState } from "../generated/contracts";
import type { Bucket, StageTime, StateCount } from "../generated/rest";
import type { Tone } from "./words";

export const countOf = (counts: readonly StateCount[], ...states: readonly IntentState[]): number =>
  counts.reduce((sum, { state, count }) => (states.includes(state) ? sum + count : sum), 0);

export interface Part {
  readonly name: string;
  readonly tone: Tone;
  readonly of: (bucket: Bucket) => number;
}

/** What a bar of the chart is made of, from below. */
export const PARTS: readonly Part[] = [
  { name: "Completed", tone: "ok", of: ({ completed }) => completed },
  { name: "Open", tone: "run", of: ({ open }) => open },
  { name: "Refused", tone: "warn", of: ({ refused }) => refused },
  { name: "Failed", tone: "bad", of: ({ failed }) => failed },
  {
    name: "Expired or cancelled",
    tone: "off",
    of: ({ expired, cancelled }) => expired + cancelled,
  },
];

interface StageWords {
  readonly name: string;
  readonly meaning: string;
}

export const STAGE_WORDS: Readonly<Record<StageTime["stage"], StageWords>> = {
  risk: { name: "Risk", meaning: "From submission until risk and the portfolio let it through." },
  plan: { name: "Plan", meaning: "Until a route was found and the plan was made." },
  sign: { name: "Sign", meaning: "Until the transaction was signed." },
  send: { name: "Send", meaning: "Until a node had taken the transaction." },
  confirm: { name: "Confirm", meaning: "Until the chain had it deep enough." },
  settle: { name: "Settle", meaning: "Until every step was filled and the intent complete." },
  completion: { name: "All", meaning: "From submission to completion." },
};
