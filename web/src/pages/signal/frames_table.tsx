/** The indicators of each time frame, a row for each. */
import type { ReactNode } from "react";
import type { FrameFeatures } from "../../generated/contracts";
import { compare, parseDecimal } from "../../model/decimal";
import type { FrameRow } from "../../model/features";
import { decimal } from "../../model/format";
import { Clock } from "../../ui/now";
import { type Column, Table } from "../../ui/table";
import { Flag } from "./features_card";

export function FramesTable({
  frames,
  mid,
}: {
  readonly frames: readonly FrameRow[];
  readonly mid: string;
}): ReactNode {
  const periods = [
    ...new Set(frames.flatMap(({ frame }) => frame?.ema?.map(({ period }) => period) ?? [])),
  ];
  return (
    <Table
      label="Time frames"
      columns={columnsOf(periods, mid)}
      rows={frames}
      keyOf={({ interval }) => interval}
    />
  );
}

const columnsOf = (periods: readonly number[], mid: string): readonly Column<FrameRow>[] => [
  {
    name: "Frame",
    phone: "top",
    cell: ({ interval, flags }) => (
      <span className="inline-flex items-baseline gap-2">
        <span className="font-medium">{interval}</span>
        {flags.map((flag) => (
          <Flag key={`${flag.kind} ${flag.name}`} flag={flag} />
        ))}
      </span>
    ),
  },
  figure("Close", "Of its newest closed candle", ({ close }) => decimal(close), "topEnd"),
  ...periods.map((period) =>
    figure(`EMA ${period}`, `Exponential moving average of ${period} closes`, (frame) => {
      const value = frame.ema?.find((one) => one.period === period)?.value;
      return value == null ? null : <Against value={value} mid={mid} />;
    }),
  ),
  figure("MACD", "EMA 12 less EMA 26", ({ macd }) => plain(macd)),
  figure("Signal line", "EMA 9 of MACD", ({ macd_signal }) => plain(macd_signal)),
  figure("Histogram", "MACD less its signal line", ({ macd_histogram }) => plain(macd_histogram)),
  figure("RSI", "Relative strength, 0 to 100", ({ rsi }) => plain(rsi)),
  figure("ATR", "Average true range, US dollars", ({ atr }) => plain(atr)),
  {
    name: "Closed",
    isFigure: true,
    hint: "When its newest candle closed",
    phone: "more",
    cell: ({ frame }) => frame && <Clock at={frame.closed_at} />,
  },
];

function figure(
  name: string,
  hint: string,
  value: (frame: FrameFeatures) => ReactNode,
  phone: "topEnd" | "more" = "more",
): Column<FrameRow> {
  return {
    name,
    hint,
    phone,
    isFigure: true,
    cell: ({ frame }) =>
      (frame && value(frame)) ?? (
        <span title="It could not be had" className="text-text3">
          –
        </span>
      ),
  };
}

const plain = (value: string | null | undefined): string | null =>
  value == null ? null : decimal(value);

/** Whether the price is above or below an average is what one looks for. */
function Against({ value, mid }: { readonly value: string; readonly mid: string }): ReactNode {
  const isAbove = compare(parseDecimal(mid), parseDecimal(value)) >= 0;
  return (
    <span title={isAbove ? "the price is above it" : "the price is below it"}>
      {decimal(value)}{" "}
      <span aria-hidden="true" className={isAbove ? "text-ok" : "text-bad"}>
        {isAbove ? "▴" : "▾"}
      </span>
      <span className="sr-only">{isAbove ? "price above" : "price below"}</span>
    </span>
  );
}
