/** What a run is to be, as it is entered, and as the gateway takes it. */

import type {
  DatasetDocument,
  RunDetail,
  StrategyDocument,
  WantedRun,
} from "../../model/backtests/contract";
import {
  fieldsOf,
  initialValues,
  MAX_TRIALS,
  type ParamField,
  type ParamValue,
  paramValue,
  swept,
  trialsOf,
  wrongWith,
} from "../../model/backtests/params";
import { shareOf } from "../../model/whatif/question";

export interface DraftPool {
  readonly feePips: string;
  readonly depth: string;
}

export interface Draft {
  readonly label: string;
  readonly strategy: string;
  readonly params: Readonly<Record<string, string>>;
  /** Whether parameters may have several values, each a run of its own. */
  readonly isSweep: boolean;
  readonly dataset: string;
  /** Days of UTC; empty for all of the dataset. */
  readonly from: string;
  readonly to: string;
  readonly pools: readonly DraftPool[];
  readonly cash: string;
  readonly fraction: string;
  readonly latencySeconds: string;
  readonly maxSlippage: string;
  readonly areLimitsCurrent: boolean;
  readonly seed: string;
}

export const FEE_TIERS = ["100", "500", "3000", "10000"] as const;

export const MOST_POOLS = 8;

export const NOTHING: Draft = {
  label: "",
  strategy: "",
  params: {},
  isSweep: false,
  dataset: "",
  from: "",
  to: "",
  pools: [{ feePips: "500", depth: "40000000" }],
  cash: "10000",
  fraction: "1",
  latencySeconds: "12",
  maxSlippage: "0.5",
  areLimitsCurrent: false,
  seed: "0",
};

export interface Offered {
  readonly strategies: readonly StrategyDocument[];
  readonly datasets: readonly DatasetDocument[];
}

/** A draft that begins with the first of everything, or with what another run was. */
export function begun({ strategies, datasets }: Offered, like: RunDetail | undefined): Draft {
  const [strategy] = strategies;
  const [dataset] = datasets;
  const first: Draft = {
    ...NOTHING,
    strategy: strategy?.name ?? "",
    params: strategy === undefined ? {} : initialValues(fieldsOf(strategy)),
    dataset: dataset?.dataset_id ?? "",
  };
  return like === undefined ? first : { ...first, ...ofRun(like) };
}

const MS_IN_SECOND = 1_000;

function ofRun({ label, manifest: { run } }: RunDetail): Partial<Draft> {
  const { strategy, data, market, execution, sizing, portfolio, instruments } = run;
  const quote = instruments[0]?.split("-")[2] ?? "";
  return {
    label: label ?? "",
    ...("name" in strategy && { strategy: strategy.name, params: textsOf(strategy.params ?? {}) }),
    ...("dataset" in data && { dataset: data.dataset }),
    from: run.from.slice(0, DAY_LENGTH),
    to: run.to.slice(0, DAY_LENGTH),
    ...(market !== undefined &&
      "pools" in market && {
        pools: market.pools.map(({ fee_pips, depth_usd }) => ({
          feePips: String(fee_pips),
          depth: depth_usd,
        })),
      }),
    ...(portfolio[quote] !== undefined && { cash: portfolio[quote] }),
    ...(sizing?.value !== undefined && { fraction: sizing.value }),
    ...(execution?.latency_ms !== undefined && {
      latencySeconds: String(execution.latency_ms / MS_IN_SECOND),
    }),
    seed: String(run.seed ?? 0),
  };
}

const DAY_LENGTH = 10;

const textsOf = (params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));

/** What is wrong, by field; parameters as `params.fast`, pools as `pools.0.depth`. */
export type Problems = Readonly<Record<string, string>>;

const POSITIVE = /^(?=.*[1-9])\d{1,20}(\.\d{1,18})?$/;
const SECONDS = /^\d{1,4}(\.\d{1,3})?$/;
const SEED = /^\d{1,18}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const MOST_LABEL = 100;

export function problemsOf(draft: Draft, { strategies, datasets }: Offered): Problems {
  const strategy = strategies.find(({ name }) => name === draft.strategy);
  const found: Record<string, string | undefined> = {
    strategy: strategy === undefined ? "Choose one that is installed." : undefined,
    dataset: datasets.some(({ dataset_id }) => dataset_id === draft.dataset)
      ? undefined
      : "Choose one.",
    label: draft.label.length > MOST_LABEL ? "At most 100 characters." : undefined,
    cash: POSITIVE.test(draft.cash) ? undefined : "This has to be more than 0.",
    fraction:
      POSITIVE.test(draft.fraction) && Number(draft.fraction) <= 1
        ? undefined
        : "More than 0, and 1 at most.",
    latencySeconds: SECONDS.test(draft.latencySeconds) ? undefined : "Seconds, such as 12.",
    maxSlippage: SECONDS.test(draft.maxSlippage) ? undefined : "Percent, such as 0.5.",
    seed: SEED.test(draft.seed) ? undefined : "A whole number.",
    to:
      DAY.test(draft.from) && DAY.test(draft.to) && draft.to <= draft.from
        ? "It has to end later than it begins."
        : undefined,
  };
  draft.pools.forEach(({ depth }, place) => {
    if (!POSITIVE.test(depth)) found[`pools.${place}.depth`] = "This has to be more than 0.";
  });
  for (const field of strategy === undefined ? [] : fieldsOf(strategy)) {
    found[`params.${field.name}`] = paramProblem(field, draft);
  }
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}

function paramProblem(field: ParamField, { params, isSweep }: Draft): string | undefined {
  const text = params[field.name] ?? "";
  if (!isSweep) return wrongWith(field, text);
  return swept(field, text) === null
    ? `Values with commas between them, or a range such as 5..20; ${count} at most.`
    : undefined;
}

const count = MAX_TRIALS.toLocaleString("en");

/** The values of each parameter that has several of them. */
export function sweepOf(
  draft: Draft,
  strategy: StrategyDocument | undefined,
): Readonly<Record<string, readonly ParamValue[]>> {
  if (!draft.isSweep || strategy === undefined) return {};
  return Object.fromEntries(
    fieldsOf(strategy).flatMap((field) => {
      const values = swept(field, draft.params[field.name] ?? "") ?? [];
      return values.length > 1 ? [[field.name, values] as const] : [];
    }),
  );
}

/** How many runs are asked for. */
export const runsOf = (draft: Draft, strategy: StrategyDocument | undefined): number =>
  trialsOf(sweepOf(draft, strategy));

/** The body of the question; what the dataset says is not said again. */
export function bodyOf(draft: Draft, { strategies, datasets }: Offered): WantedRun | null {
  const strategy = strategies.find(({ name }) => name === draft.strategy);
  const dataset = datasets.find(({ dataset_id }) => dataset_id === draft.dataset);
  const instrument = dataset?.instrument;
  if (strategy === undefined || dataset === undefined || instrument == null) return null;
  const sweep = sweepOf(draft, strategy);
  const quote = instrument.split("-")[2] ?? "";
  return {
    ...(draft.label !== "" && { label: draft.label }),
    strategy: { kind: "strategy", name: strategy.name, params: paramsOf(draft, strategy) },
    instruments: [instrument],
    ...(draft.from !== "" && { from: momentOf(draft.from, dataset.from, "later") }),
    ...(draft.to !== "" && { to: momentOf(draft.to, dataset.to, "earlier") }),
    data: {
      kind: "candles",
      dataset: dataset.dataset_id,
      ...(dataset.interval != null && { interval: dataset.interval }),
    },
    market: {
      kind: "constant",
      pools: draft.pools.map(({ feePips, depth }) => ({
        fee_pips: Number(feePips),
        depth_usd: depth,
      })),
    },
    execution: {
      latency_ms: Math.round(Number(draft.latencySeconds) * MS_IN_SECOND),
      max_slippage: shareOf(draft.maxSlippage),
    },
    portfolio: { [quote]: draft.cash },
    sizing: { kind: "fraction", value: draft.fraction },
    ...(draft.areLimitsCurrent && { limits: "current" }),
    seed: Number(draft.seed),
    ...(Object.keys(sweep).length > 0 && { sweep }),
  };
}

/** The first value of each; those with several are in the sweep. */
function paramsOf(draft: Draft, strategy: StrategyDocument): Record<string, ParamValue> {
  return Object.fromEntries(
    fieldsOf(strategy).flatMap((field) => {
      const text = draft.params[field.name] ?? "";
      const [first] = draft.isSweep ? (swept(field, text) ?? []) : [paramValue(field, text)];
      return first === undefined ? [] : [[field.name, first] as const];
    }),
  );
}

/** A day of UTC, but not outside of what there is. */
function momentOf(day: string, bound: string, side: "later" | "earlier"): string {
  const midnight = `${day}T00:00:00.000Z`;
  const isOutside = side === "later" ? midnight < bound : midnight > bound;
  return isOutside ? bound : midnight;
}
