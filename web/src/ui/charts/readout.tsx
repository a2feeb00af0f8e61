/** The values at the crosshair, which are also the legend: in a line of their own, never over it. */
import type { ReactNode } from "react";
import { Moment } from "../now";

export type Mark = "run" | "bad" | "unknown" | "dashed" | "band" | "ok";

export interface Value {
  readonly name: string;
  readonly text: string;
  readonly unit?: string;
  /** The whole value, where the text is cut. */
  readonly title?: string;
  /** How its line is drawn. */
  readonly mark?: Mark;
}

const MARKS: Readonly<Record<Mark, string>> = {
  run: "border-t-2 border-run",
  bad: "border-t-2 border-bad",
  ok: "border-t-2 border-ok",
  unknown: "border-t-2 border-unknown",
  dashed: "border-t border-dashed border-text2",
  band: "h-2 bg-run/30",
};

export function Readout({
  at,
  values,
}: {
  readonly at: string;
  readonly values: readonly Value[];
}): ReactNode {
  return (
    <dl className="flex min-h-10 flex-wrap items-baseline gap-x-5 gap-y-1 text-sm max-md:gap-x-4 max-md:text-xs">
      <div className="text-text2 md:min-w-56">
        <dt className="sr-only">Time</dt>
        <dd>
          <Moment at={at} />
        </dd>
      </div>
      {values.map(({ name, text, unit, title, mark }) => (
        <div key={name} className="flex items-baseline gap-1.5">
          {mark !== undefined && (
            <span aria-hidden="true" className={`inline-block w-4 self-center ${MARKS[mark]}`} />
          )}
          <dt className="text-text3">{name}</dt>
          <dd className="figures" title={title}>
            {text}
            {unit !== undefined && <span className="text-text3"> {unit}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
