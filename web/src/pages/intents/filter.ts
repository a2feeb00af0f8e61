/** What the list is filtered by: the same in the address, in the question to the gateway, and here. */
import type { IntentDocument, IntentState } from "../../generated/contracts";
import { STATES } from "../../model/words";

export interface IntentFilter {
  /** Any of these states; separated by commas in the address. */
  readonly state?: string | undefined;
  readonly strategy?: string | undefined;
  readonly pair?: string | undefined;
  readonly reason?: string | undefined;
  /** Only intents whose transaction's outcome is unknown. */
  readonly unknown?: boolean | undefined;
  /** Submitted within the last so many: 1h, 24h, 7d; or today. */
  readonly time?: TimeSpan | undefined;
  readonly text?: string | undefined;
}

export const TIME_SPANS = ["1h", "today", "24h", "7d"] as const;

export type TimeSpan = (typeof TIME_SPANS)[number];

export const TIME_NAMES: Readonly<Record<TimeSpan, string>> = {
  "1h": "Last hour",
  today: "Today",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
};

const HOUR_MS = 3_600_000;
const SPAN_MS: Readonly<Record<Exclude<TimeSpan, "today">, number>> = {
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
};

/** What the gateway takes; anything else in an address is none of it. */
const PATTERNS = {
  strategy: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  pair: /^[A-Za-z0-9]{1,16}\/[A-Za-z0-9]{1,16}$/,
  reason: /^[A-Z][A-Z_]{0,63}$/,
  text: /^.{1,64}$/,
} as const;

const isState = (text: string): text is IntentState => STATES.some((state) => state === text);

export const statesOf = ({ state }: IntentFilter): readonly IntentState[] =>
  (state ?? "").split(",").filter(isState);

/** The address's words as a filter; what is no filter is left out. */
export function intentFilter(search: Readonly<Record<string, unknown>>): IntentFilter {
  const words = Object.entries(PATTERNS).flatMap(([name, pattern]) => {
    const value = search[name];
    return typeof value === "string" && pattern.test(value) ? [[name, value]] : [];
  });
  const state = statesOf({ state: String(search.state ?? "") }).join(",");
  const time = TIME_SPANS.find((span) => span === search.time);
  return {
    ...Object.fromEntries(words),
    ...(state !== "" && { state }),
    ...(search.unknown === true && { unknown: true }),
    ...(time !== undefined && { time }),
  };
}

export const isFiltered = (filter: IntentFilter): boolean =>
  Object.values(filter).some((value) => value !== undefined);

/** When a time span began: days begin at midnight here, as the clock of the page shows it. */
export function beginningOf(span: TimeSpan, nowMs: number): number {
  if (span !== "today") return nowMs - SPAN_MS[span];
  const midnight = new Date(nowMs);
  midnight.setHours(0, 0, 0, 0);
  return midnight.getTime();
}

/** The filter as `GET /intents` takes it. */
export const queryOf = (filter: IntentFilter, sinceMs: number | null) => ({
  state: filter.state,
  strategy_id: filter.strategy,
  pair: filter.pair,
  reason: filter.reason,
  in_flight: filter.unknown,
  text: filter.text,
  from: sinceMs === null ? undefined : new Date(sinceMs).toISOString(),
});

/** Whether a document is one of those that the gateway would list. */
export function fits(document: IntentDocument, filter: IntentFilter, sinceMs: number | null) {
  const { summary } = document;
  const states = statesOf(filter);
  return (
    (states.length === 0 || states.includes(document.state)) &&
    (filter.strategy === undefined || summary.strategy_id === filter.strategy) &&
    (filter.pair === undefined || summary.pair === filter.pair) &&
    (filter.reason === undefined || summary.reason === filter.reason) &&
    (filter.unknown !== true || document.in_flight != null) &&
    (sinceMs === null || Date.parse(document.submitted_at) >= sinceMs) &&
    (filter.text === undefined || says(document, filter.text))
  );
}

function says({ intent_id, latest_plan_id, summary }: IntentDocument, text: string): boolean {
  const said = [
    intent_id,
    latest_plan_id,
    summary.strategy_id,
    summary.pair,
    summary.reason,
    summary.detail,
    summary.tx_hash,
  ];
  const wanted = text.toLowerCase();
  return said.some((one) => one?.toLowerCase().includes(wanted));
}
