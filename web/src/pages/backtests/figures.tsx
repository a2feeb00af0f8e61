/** Figures of runs in lists: with a sign, and the colour of it. */
import type { ReactNode } from "react";
import { type MetricName, metricText } from "../../model/backtests/metrics";
import { NotKnown } from "../../ui/money";

export function Metric({
  name,
  value,
}: {
  readonly name: MetricName;
  readonly value: string | number | null | undefined;
}): ReactNode {
  const text = value == null ? null : metricText(name, value);
  return text === null ? (
    <NotKnown />
  ) : (
    <span title={String(value)} className="figures">
      {text}
    </span>
  );
}

/** A return: plus where it gained. */
export function Return({ value }: { readonly value: string | null | undefined }): ReactNode {
  const text = value == null ? null : metricText("total_return", value);
  if (value == null || text === null) return <NotKnown />;
  const isLoss = value.startsWith("-");
  const isNothing = /^-?[0.]*$/.test(value);
  const tone = isNothing ? "" : isLoss ? "text-bad" : "text-ok";
  return (
    <span title={value} className={`figures ${tone}`}>
      {isLoss || isNothing ? text : `+${text}`}
    </span>
  );
}
