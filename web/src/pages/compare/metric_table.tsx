/** The metrics of two runs and their differences, from A to B. */
import type { ReactNode } from "react";
import type { ComparedRuns } from "../../model/backtests/contract";
import {
  METRIC_NAMES,
  METRICS,
  type MetricName,
  metricText,
  signOf,
} from "../../model/backtests/metrics";
import { NotKnown } from "../../ui/money";
import { Card } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import { type Column, Table } from "../../ui/table";

interface Row {
  readonly name: MetricName;
  readonly a: string | null;
  readonly b: string | null;
  readonly difference: string | null;
}

export function MetricTable({ compared }: { readonly compared: ComparedRuns }): ReactNode {
  const rows = rowsOf(compared);
  return (
    <Card title="Metrics">
      <Table
        label="Metrics of both runs"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ name }) => name}
      />
    </Card>
  );
}

/** In the order of this page, whatever the order of the answer. */
const rowsOf = ({ metrics }: ComparedRuns): readonly Row[] =>
  METRIC_NAMES.flatMap((name) => {
    const found = metrics.find(({ metric }) => metric === name);
    return found === undefined ? [] : [{ ...found, name }];
  });

const SIGN_TONES = { gain: "text-ok", loss: "text-bad", none: "text-text2" } as const;

const Written = ({
  name,
  value,
}: {
  readonly name: MetricName;
  readonly value: string | null;
}): ReactNode => {
  const text = metricText(name, value);
  return text === null ? <NotKnown /> : <span title={value ?? undefined}>{text}</span>;
};

const COLUMNS: readonly Column<Row>[] = [
  {
    name: "Metric",
    phone: "top",
    cell: ({ name }) => <span title={METRICS[name].says}>{METRICS[name].name}</span>,
  },
  {
    name: "A",
    isFigure: true,
    phone: "below",
    cell: ({ name, a }) => (
      <>
        <PhoneLabel>A</PhoneLabel>
        <Written name={name} value={a} />
      </>
    ),
  },
  {
    name: "B",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ name, b }) => (
      <>
        <PhoneLabel>B</PhoneLabel>
        <Written name={name} value={b} />
      </>
    ),
  },
  {
    name: "Difference",
    isFigure: true,
    phone: "topEnd",
    hint: "From A to B; green where B is better",
    cell: (row) => <Difference row={row} />,
  },
];

function Difference({ row: { name, difference } }: { readonly row: Row }): ReactNode {
  const text = metricText(name, difference);
  if (text === null || difference === null) return <NotKnown />;
  if (/^-?[0.]*$/.test(difference)) return <span className="text-text3">equal</span>;
  return (
    <span title={difference} className={SIGN_TONES[signOf(name, difference)]}>
      {difference.startsWith("-") ? text : `+${text}`}
    </span>
  );
}
