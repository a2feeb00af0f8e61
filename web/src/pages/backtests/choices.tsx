/** What the list of runs is filtered by. */
import type { ReactNode } from "react";
import type { RunDocument } from "../../model/backtests/contract";
import { RUN_LOOKS, STATUSES, strategyWord } from "../../model/backtests/look";
import { Select } from "../../ui/select";
import { isFiltered, type RunFilter, runFilter } from "./search";

export function Choices({
  filter,
  choose,
  seen,
}: {
  readonly filter: RunFilter;
  readonly choose: (filter: RunFilter) => void;
  readonly seen: readonly RunDocument[];
}): ReactNode {
  const { status, strategy } = filter;
  const change = (changes: Readonly<Record<string, string | undefined>>): void =>
    choose(runFilter({ ...filter, ...changes }));
  const strategies = new Set([strategy, ...seen.map((one) => one.strategy)]);
  return (
    <search className="flex min-w-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
      <Select
        label="Status"
        any="Any status"
        isFilter
        value={status}
        options={STATUSES.map((one) => [one, RUN_LOOKS[one].word])}
        choose={(chosen) => change({ status: chosen })}
      />
      <Select
        label="Strategy"
        any="Any strategy"
        value={strategy}
        options={[...strategies]
          .filter((one) => one !== undefined)
          .sort()
          .map((one) => [one, strategyWord(one)])}
        choose={(chosen) => change({ strategy: chosen })}
      />
      {isFiltered(filter) && (
        <button type="button" className="button h-8 px-2 text-text2" onClick={() => choose({})}>
          Clear
        </button>
      )}
    </search>
  );
}
