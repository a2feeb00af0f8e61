/** What would have been decided otherwise, and what that would have been worth. */
import type { ReactNode } from "react";
import { pairOf } from "../../model/backtests/look";
import { count, percent, usd } from "../../model/format";
import type { DayOfFlips, Flip, WhatIf } from "../../model/whatif/contract";
import { Moment } from "../../ui/now";
import { Card, Figure } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { type Column, Table } from "../../ui/table";
import { HistoryLink } from "../timemachine/event_card";
import { DayBars } from "./day_bars";

export function Outcome({ found }: { readonly found: WhatIf }): ReactNode {
  return (
    <>
      {found.sampled && (
        <Notice tone="warn" title="Profit and drawdown are of a sample">
          More intents would have been let through than can be filled again in time.
        </Notice>
      )}
      <Figures found={found} />
      <div className="grid items-start gap-4 *:min-w-0 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Card title="By day">
          <DayBars days={found.by_day} />
          <details className="border-t border-line text-sm">
            <summary className="cursor-pointer px-4 py-2 text-text2">The same as a table</summary>
            <Table
              label="Flips by day"
              columns={DAY_COLUMNS}
              rows={found.by_day.filter(({ flips }) => flips > 0)}
              keyOf={({ day }) => day}
            />
          </details>
        </Card>
        <Card title="By rule">
          <Table
            label="Flips by rule"
            columns={RULE_COLUMNS}
            rows={found.by_rule}
            keyOf={({ rule }) => rule}
          />
        </Card>
      </div>
      <Card
        title="Decisions that flip"
        aside={
          <span className="text-xs text-text3">
            {count(found.flips.length)} of {count(found.flips_total)}
          </span>
        }
      >
        {found.flips.length === 0 ? (
          <p className="p-4 text-text2">Every decision would have been the same.</p>
        ) : (
          <Table
            label="Decisions that flip"
            columns={FLIP_COLUMNS}
            rows={found.flips}
            keyOf={({ correlation_id, time }) => `${correlation_id} ${time}`}
          />
        )}
      </Card>
    </>
  );
}

const Figures = ({ found }: { readonly found: WhatIf }): ReactNode => (
  <div className="grid grid-cols-2 gap-4 max-md:gap-3 lg:grid-cols-4">
    <Figure
      name="Decided again"
      value={count(found.decisions)}
      note={`${count(found.same)} the same`}
    />
    <Figure
      name="Flips"
      value={count(found.flips_total)}
      tone={found.flips_total > 0 ? "warn" : "ok"}
      note={shareWords(found)}
    />
    <Figure
      name="Profit"
      value={usd(found.profit_after)}
      note={`was ${usd(found.profit_before)}`}
    />
    <Figure
      name="Deepest drawdown"
      value={percent(found.drawdown_after)}
      note={`was ${percent(found.drawdown_before)}`}
    />
  </div>
);

const shareWords = ({ flips_total, decisions }: WhatIf): string =>
  decisions === 0
    ? "nothing was decided"
    : `${percent((flips_total / decisions).toFixed(4), 1)} of all decisions`;

const DAY_COLUMNS: readonly Column<DayOfFlips>[] = [
  { name: "Day", cell: ({ day }) => <span className="figures">{day}</span> },
  {
    name: "Flips",
    isFigure: true,
    cell: ({ flips }) => (
      <>
        {count(flips)}{" "}
        <span className="text-text3 md:hidden">{flips === 1 ? "flip" : "flips"}</span>
      </>
    ),
  },
  {
    name: "Profit changed",
    isFigure: true,
    cell: ({ profit_delta }) => (
      <span title={profit_delta} className={profit_delta.startsWith("-") ? "text-bad" : "text-ok"}>
        {profit_delta.startsWith("-") ? "" : "+"}
        {usd(profit_delta)}
      </span>
    ),
  },
];

const RULE_COLUMNS: readonly Column<WhatIf["by_rule"][number]>[] = [
  { name: "Rule", cell: ({ rule }) => <span className="mono">{rule}</span> },
  { name: "Flips", isFigure: true, cell: ({ flips }) => count(flips) },
];

const FLIP_COLUMNS: readonly Column<Flip>[] = [
  {
    name: "History",
    phone: "top",
    cell: ({ correlation_id }) => <HistoryLink correlationId={correlation_id} />,
  },
  { name: "Pair", phone: "below", cell: ({ instrument }) => pairOf(instrument) },
  { name: "Strategy", cell: ({ strategy_id }) => strategy_id },
  {
    name: "Verdict",
    phone: "belowEnd",
    cell: ({ before, after }) => (
      <>
        <span className="text-text3">{before}</span> → <span className="font-medium">{after}</span>
      </>
    ),
  },
  { name: "Reason", cell: ({ reason }) => <span className="mono text-text2">{reason}</span> },
  { name: "Decided", isFigure: true, phone: "more", cell: ({ time }) => <Moment at={time} /> },
];
