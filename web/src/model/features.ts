/** The features of a signal in groups as a person reads them, each with what is wrong with it. */
import type { Features, FrameFeatures, Quality } from "../generated/contracts";
import { decimal, exactPercent, usd } from "./format";
import { bpsPercent } from "./signal_words";
import type { Tone } from "./words";

export type FlagKind = keyof Required<Quality>;

export interface FlagWords {
  readonly word: string;
  readonly sentence: string;
  readonly tone: Tone;
}

export const FLAGS: Readonly<Record<FlagKind, FlagWords>> = {
  missing: { word: "missing", sentence: "It could not be had.", tone: "bad" },
  stale: { word: "stale", sentence: "It was older than allowed.", tone: "warn" },
  out_of_range: { word: "out of range", sentence: "It was no plausible value.", tone: "warn" },
  gaps: { word: "gaps", sentence: "Candles were missing in between.", tone: "warn" },
  provider_errors: {
    word: "provider error",
    sentence: "The provider of market data failed.",
    tone: "bad",
  },
  left_out: { word: "left out", sentence: "It was dropped to keep the size.", tone: "idle" },
};

export interface Flagged {
  /** The feature or group of features, as the platform calls it. */
  readonly name: string;
  readonly kind: FlagKind;
}

/** Everything that is wrong, in the order in which it matters. */
export const flagsOf = (quality: Quality | undefined): readonly Flagged[] =>
  (Object.keys(FLAGS) as FlagKind[]).flatMap((kind) =>
    (quality?.[kind] ?? []).map((name) => ({ name, kind })),
  );

export interface Feature {
  /** As the platform calls it, which flags name. */
  readonly key: string;
  readonly name: string;
  readonly hint: string;
  /** Null where it could not be had. */
  readonly value: string | null;
  readonly flags: readonly Flagged[];
}

export interface FeatureGroup {
  readonly name: string;
  /** What is wrong with all of it. */
  readonly flags: readonly Flagged[];
  readonly features: readonly Feature[];
}

type Written = readonly [key: string, name: string, hint: string, value: string | null | undefined];

/** Groups in which something was asked for; what a profile leaves out is not shown. */
export function groupsOf(features: Features): readonly FeatureGroup[] {
  const flags = flagsOf(features.quality);
  const group = (name: string, prefix: string, written: readonly Written[]): FeatureGroup => ({
    name,
    flags: flags.filter((flag) => flag.name === prefix),
    features: written
      .filter(([, , , value]) => value !== undefined)
      .map(([key, shown, hint, value]) => ({
        key,
        name: shown,
        hint,
        value: value ?? null,
        flags: flags.filter((flag) => flag.name === key),
      })),
  });
  return [
    group("Price", "book", priceRows(features)),
    group("Derivatives", "context", contextRows(features)),
    group("Order book", "book", bookRows(features)),
  ].filter(({ features: some }) => some.length > 0);
}

const written = (
  value: string | null | undefined,
  write: (text: string) => string,
): string | null | undefined => (value == null ? value : write(value));

function priceRows(features: Features): readonly Written[] {
  return [
    ["mid_price", "Mid", "Between best bid and best ask.", decimal(features.mid_price)],
    [
      "entry_drift_bps",
      "Drift from entry",
      "(mid − entry) / entry.",
      bpsPercent(features.entry_drift_bps),
    ],
    ["best_bid", "Best bid", "The highest price somebody buys at.", plain(features.best_bid)],
    ["best_ask", "Best ask", "The lowest price somebody sells at.", plain(features.best_ask)],
    ["spread_bps", "Spread", "(ask − bid) / mid.", written(features.spread_bps, bpsPercent)],
    [
      "microprice",
      "Microprice",
      "Mid, weighted by the sizes on the other side.",
      plain(features.microprice),
    ],
  ];
}

function contextRows(features: Features): readonly Written[] {
  return [
    ["mark_price", "Mark price", "What positions are valued at.", plain(features.mark_price)],
    ["oracle_price", "Oracle price", "Of the spot markets.", plain(features.oracle_price)],
    [
      "funding_hourly",
      "Funding",
      "What longs pay shorts, per hour.",
      written(features.funding_hourly, (text) => `${exactPercent(text)}/h`),
    ],
    [
      "open_interest_usd",
      "Open interest",
      "Value of all open contracts.",
      written(features.open_interest_usd, usd),
    ],
    [
      "open_interest_change_24h",
      "Change in 24 h",
      "Of the open interest.",
      written(features.open_interest_change_24h, exactPercent),
    ],
    [
      "day_volume_usd",
      "Volume of the day",
      "In US dollars.",
      written(features.day_volume_usd, usd),
    ],
  ];
}

function bookRows({ imbalance }: Features): readonly Written[] {
  return (imbalance ?? []).map(({ within_bps, value, covers }) => [
    `imbalance_${within_bps}`,
    `Imbalance within ${bpsPercent(String(within_bps))}`,
    covers
      ? "(bids − asks) / (bids + asks) of the sizes within that distance of the mid, −1 to 1."
      : "The book does not reach that far.",
    value == null ? null : decimal(value),
  ]);
}

const plain = (value: string | null | undefined): string | null | undefined =>
  written(value, decimal);

export interface FrameRow {
  readonly interval: string;
  readonly frame: FrameFeatures | null;
  readonly flags: readonly Flagged[];
}

/** Time frames as rows, those that are missing included. */
export function framesOf(features: Features): readonly FrameRow[] {
  const flags = flagsOf(features.quality);
  const named = flags.flatMap(({ name }) => intervalOf(name) ?? []);
  const there = features.frames ?? [];
  const missing = [...new Set(named)].filter(
    (interval) => !there.some((frame) => frame.interval === interval),
  );
  const rowOf = (interval: string, frame: FrameFeatures | null): FrameRow => ({
    interval,
    frame,
    flags: flags.filter(({ name }) => intervalOf(name) === interval),
  });
  return [
    ...there.map((frame) => rowOf(frame.interval, frame)),
    ...missing.map((interval) => rowOf(interval, null)),
  ];
}

/** The time frame that a flag is about, such as `frame_4h` or `frame_4h.rsi`. */
const intervalOf = (flag: string): string | null =>
  /^(?:frame|candles)_(\d+[mhd])(?:[._]|$)/.exec(flag)?.[1] ?? null;

/** Flags that no feature which is shown carries. */
export function otherFlags(features: Features): readonly Flagged[] {
  const shown = new Set(
    [
      ...groupsOf(features).flatMap((group) => [
        ...group.flags,
        ...group.features.flatMap(({ flags }) => flags),
      ]),
      ...framesOf(features).flatMap(({ flags }) => flags),
    ].map(({ name, kind }) => `${kind} ${name}`),
  );
  return flagsOf(features.quality).filter(({ name, kind }) => !shown.has(`${kind} ${name}`));
}
