/** What of the page stands in its address. */

export const VIEWS = ["compact", "timeline", "full", "graph", "json"] as const;

export type View = (typeof VIEWS)[number];

export const VIEW_NAMES: Readonly<Record<View, string>> = {
  compact: "Compact",
  timeline: "Timeline",
  full: "Full",
  graph: "Graph",
  json: "JSON",
};

export interface IntentSearch {
  readonly view?: View | undefined;
  /** Every step as long as the next, instead of to scale. */
  readonly even?: boolean | undefined;
  /** Only events that mention it. */
  readonly text?: string | undefined;
}

const MAX_TEXT_LENGTH = 100;

export function intentSearch(search: Readonly<Record<string, unknown>>): IntentSearch {
  const view = VIEWS.find((one) => one === search.view);
  const text = typeof search.text === "string" ? search.text.slice(0, MAX_TEXT_LENGTH) : "";
  return {
    ...(view !== undefined && { view }),
    ...(search.even === true && { even: true }),
    ...(text !== "" && { text }),
  };
}
