/** The columns of the list of runs; a row is a run, or all of a sweep. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunDocument } from "../../model/backtests/contract";
import {
  nameOfRun,
  pairOf,
  RUN_LOOKS,
  STATUS_SENTENCES,
  strategyWord,
} from "../../model/backtests/look";
import { isRunOver, type Progress } from "../../model/backtests/progress";
import type { Single, Sweep } from "../../model/backtests/sweeps";
import { count } from "../../model/format";
import type { Look } from "../../model/words";
import { NotKnown } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Badge } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import type { Column } from "../../ui/table";
import { Metric, Return } from "./figures";
import { ProgressBar, statusOf } from "./progress_bar";

type Row = Single | Sweep;
type Told = ReadonlyMap<string, Progress>;

/** What a row is judged by: the run itself, or the best of a sweep. */
const shownOf = (row: Row): RunDocument | null => (row.kind === "run" ? row.run : row.best);

export interface Chosen {
  readonly told: Told;
  /** The parameters of the runs of a sweep, by run. */
  readonly params: ReadonlyMap<string, string>;
  readonly picked: readonly string[];
  readonly toggle: (id: string) => void;
}

export const columnsOf = ({ told, params, picked, toggle }: Chosen): readonly Column<Row>[] => [
  {
    name: "Compare",
    isNameHidden: true,
    phone: "hidden",
    cell: (row) =>
      row.kind === "run" && (
        <input
          type="checkbox"
          className="block accent-accent"
          aria-label={`Compare ${nameOfRun(row.run)}`}
          checked={picked.includes(row.id)}
          onChange={() => toggle(row.id)}
        />
      ),
  },
  { name: "Status", phone: "topEnd", cell: (row) => <Status row={row} told={told} /> },
  { name: "Run", phone: "top", cell: (row) => <RunName row={row} params={params.get(row.id)} /> },
  { name: "Strategy", cell: (row) => strategyWord(newestOf(row).strategy) },
  {
    name: "Pairs",
    cell: (row) => newestOf(row).instruments.map(pairOf).join(", "),
  },
  {
    name: "Period",
    hint: "Days of UTC",
    cell: (row) => <Period run={newestOf(row)} />,
  },
  { name: "Progress", phone: "more", cell: (row) => <Progressed row={row} told={told} /> },
  {
    name: "Return",
    isFigure: true,
    phone: "below",
    hint: "What the start equity grew by; of a sweep, the run with the highest Sharpe ratio",
    cell: (row) => <Return value={shownOf(row)?.summary?.total_return} />,
  },
  {
    name: "Drawdown",
    isFigure: true,
    hint: "The deepest fall from a peak",
    cell: (row) => <Metric name="max_drawdown" value={shownOf(row)?.summary?.max_drawdown} />,
  },
  {
    name: "Sharpe",
    isFigure: true,
    phone: "belowEnd",
    hint: "Mean daily return for each unit of its spread, as a rate of a year",
    cell: (row) => (
      <>
        <PhoneLabel>Sharpe</PhoneLabel>
        <Metric name="sharpe" value={shownOf(row)?.summary?.sharpe} />
      </>
    ),
  },
  {
    name: "Trades",
    isFigure: true,
    cell: (row) => <Metric name="trades" value={shownOf(row)?.summary?.trades} />,
  },
  { name: "Asked for", isFigure: true, cell: (row) => <Ago at={newestOf(row).created_at} /> },
];

const newestOf = (row: Row): RunDocument => {
  const run = row.kind === "run" ? row.run : row.runs[0];
  if (run === undefined) throw new RangeError("a sweep has a run");
  return run;
};

const Period = ({ run: { from, to } }: { readonly run: RunDocument }): ReactNode => (
  <span className="figures text-text2" title={`${from} to ${to}`}>
    {from.slice(0, 10)} – {to.slice(0, 10)}
  </span>
);

function Status({ row, told }: { readonly row: Row; readonly told: Told }): ReactNode {
  if (row.kind === "sweep") {
    const isDone = row.done === row.runs.length;
    return <Badge look={isDone ? RUN_LOOKS.completed : SWEEPING} />;
  }
  const status = statusOf(row.run, told.get(row.id));
  return <Badge look={RUN_LOOKS[status]} title={STATUS_SENTENCES[status]} />;
}

const SWEEPING: Look = { mark: "◑", word: "Sweeping", tone: "run" };

function RunName({
  row,
  params,
}: {
  readonly row: Row;
  readonly params: string | undefined;
}): ReactNode {
  const LINK = "hover:text-accent hover:underline";
  return row.kind === "run" ? (
    <Link to="/backtest/$id" params={{ id: row.id }} title={row.id} className={LINK}>
      {params ?? nameOfRun(row.run)}
    </Link>
  ) : (
    <Link to="/backtests" search={{ sweep: row.id }} title={row.id} className={LINK}>
      {newestOf(row).label ?? "Sweep"}{" "}
      <span className="text-text3">· {count(row.runs.length)}</span>
    </Link>
  );
}

function Progressed({ row, told }: { readonly row: Row; readonly told: Told }): ReactNode {
  if (row.kind === "sweep") {
    return (
      <span className="figures text-xs text-text2">
        {count(row.done)} of {count(row.runs.length)} runs
      </span>
    );
  }
  const progress = told.get(row.id);
  const isDone = statusOf(row.run, progress) === "completed";
  if (isDone) {
    return <span className="figures text-xs text-text3">{count(row.run.candles_total)} bars</span>;
  }
  if (isRunOver(row.run.status)) return <NotKnown />;
  return <ProgressBar run={row.run} told={progress} />;
}
