/** The span of time that the overview counts. */

export const SPANS = {
  "1h": { name: "last hour", seconds: 3_600 },
  "24h": { name: "last 24 h", seconds: 86_400 },
  "7d": { name: "last 7 days", seconds: 7 * 86_400 },
  "30d": { name: "last 30 days", seconds: 30 * 86_400 },
} as const;

export type Span = keyof typeof SPANS;

export const DEFAULT_SPAN: Span = "24h";
export const SPAN_NAMES = Object.keys(SPANS) as readonly Span[];

export const isSpan = (text: unknown): text is Span => SPAN_NAMES.some((name) => name === text);

export const sinceOf = (span: Span, nowMs: number): string =>
  new Date(nowMs - SPANS[span].seconds * 1_000).toISOString();

/** The same span as the list of intents calls it, if it knows one so long. */
export const listSpan = (span: Span): { time?: "1h" | "24h" | "7d" } =>
  span === "30d" ? {} : { time: span };
