/** What of the list of runs stands in its address. */
import type { RunStatus } from "../../model/backtests/contract";

const STATUSES: readonly RunStatus[] = ["queued", "running", "completed", "failed", "cancelled"];
const STRATEGY = /^[a-z][a-z0-9_-]{0,47}$/;
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export interface RunFilter {
  readonly status?: RunStatus | undefined;
  readonly strategy?: string | undefined;
  readonly sweep?: string | undefined;
}

type Given = Readonly<Record<string, unknown>>;

export const matching = (given: unknown, form: RegExp): string | undefined =>
  typeof given === "string" && form.test(given) ? given : undefined;

export const runFilter = ({ status, strategy, sweep }: Given): RunFilter => ({
  status: STATUSES.find((one) => one === status),
  strategy: matching(strategy, STRATEGY),
  sweep: matching(sweep, ULID),
});

export const queryOf = ({ status, strategy, sweep }: RunFilter) => ({
  status,
  strategy,
  sweep_id: sweep,
});

export const isFiltered = (filter: RunFilter): boolean =>
  Object.values(filter).some((one) => one !== undefined);
