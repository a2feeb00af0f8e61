/** What the list of signals is filtered by: the same in the address and in the question. */
import type { SignalState } from "../../generated/contracts";
import { OPEN_STATES, type OpenState } from "../../model/pipeline";
import { SIGNAL_STATES } from "../../model/signal_words";

export interface SignalFilter {
  readonly state?: SignalState | undefined;
  readonly source?: string | undefined;
  readonly symbol?: string | undefined;
  /** Of those on their way only those in this stage. */
  readonly stage?: OpenState | undefined;
}

const PATTERNS = {
  source: /^[a-z0-9][a-z0-9_-]{0,31}$/,
  symbol: /^[A-Za-z0-9]{1,16}$/,
} as const;

/** The address's words as a filter; what is no filter is left out. */
export function signalFilter(search: Readonly<Record<string, unknown>>): SignalFilter {
  const words = Object.entries(PATTERNS).flatMap(([name, pattern]) => {
    const value = search[name];
    return typeof value === "string" && pattern.test(value) ? [[name, value]] : [];
  });
  const state = SIGNAL_STATES.find((one) => one === search.state);
  const stage = OPEN_STATES.find((one) => one === search.stage);
  return {
    ...Object.fromEntries(words),
    ...(state !== undefined && { state }),
    ...(stage !== undefined && { stage }),
  };
}

export const isFiltered = ({ state, source, symbol }: SignalFilter): boolean =>
  state !== undefined || source !== undefined || symbol !== undefined;

/** The filter as `GET /signals` takes it. */
export const queryOf = ({ state, source, symbol }: SignalFilter) => ({
  status: state,
  source,
  symbol,
});
