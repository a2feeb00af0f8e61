/** Over how much time questions to models are counted. */

const DAY_MS = 86_400_000;

export const PERIODS = {
  "24h": { name: "Last 24 hours", ms: DAY_MS },
  "7d": { name: "Last 7 days", ms: 7 * DAY_MS },
  "30d": { name: "Last 30 days", ms: 30 * DAY_MS },
} as const;

export type Period = keyof typeof PERIODS;

export const PERIOD_NAMES = Object.keys(PERIODS) as readonly Period[];

export const DEFAULT_PERIOD: Period = "24h";

export const periodOf = (text: unknown): Period | undefined =>
  PERIOD_NAMES.find((name) => name === text);
