/** How far a run is: what was read of it or what events have told since, whichever is further. */
import type { ReactNode } from "react";
import type { RunDocument } from "../../model/backtests/contract";
import {
  furthest,
  isRunOver,
  type Progress,
  percentDone,
  secondsLeft,
} from "../../model/backtests/progress";
import { count, duration } from "../../model/format";
import { TONES } from "../../ui/parts";

const readOf = ({ status, candles_processed, candles_total }: RunDocument) => ({
  status,
  bars: candles_processed,
  barsTotal: candles_total,
});

export const statusOf = (run: RunDocument, told: Progress | undefined): RunDocument["status"] =>
  furthest(readOf(run), told).status;

export function ProgressBar({
  run,
  told,
  isWide = false,
}: {
  readonly run: RunDocument;
  readonly told: Progress | undefined;
  /** With how many bars and how much time is left. */
  readonly isWide?: boolean;
}): ReactNode {
  const { status, bars, barsTotal } = furthest(readOf(run), told);
  const percent = percentDone(bars, barsTotal);
  const left = told === undefined ? null : secondsLeft(told);
  const tone = TONES[isRunOver(status) ? "off" : "run"];
  const words = `${count(bars)} of ${count(barsTotal)} bars`;
  return (
    <span className={isWide ? "flex flex-col gap-2" : "inline-flex items-center gap-2"}>
      <span
        role="progressbar"
        aria-label="Progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={words}
        title={words}
        className={`block h-1.5 overflow-hidden rounded-full bg-line ${isWide ? "w-full" : "w-24 max-md:w-16"}`}
      >
        <span
          className={`block h-full rounded-full bg-current transition-[width] duration-120 ${tone}`}
          style={{ width: `${percent}%` }}
        />
      </span>
      <span className="figures text-xs text-text2">
        {percent}&#8239;%
        {isWide && <span className="text-text3"> · {words}</span>}
        {isWide && left !== null && (
          <span className="text-text3"> · {duration(left * 1_000)} left</span>
        )}
      </span>
    </span>
  );
}
