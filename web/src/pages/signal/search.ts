/** What of the page stands in its address. */

export const SIGNAL_VIEWS = ["compact", "full"] as const;

export type SignalView = (typeof SIGNAL_VIEWS)[number];

export const SIGNAL_VIEW_NAMES: Readonly<Record<SignalView, string>> = {
  compact: "Compact",
  full: "Full",
};

export interface SignalSearch {
  readonly view?: SignalView | undefined;
}

export function signalSearch({ view }: Readonly<Record<string, unknown>>): SignalSearch {
  const known = SIGNAL_VIEWS.find((one) => one === view);
  return known === undefined ? {} : { view: known };
}
