/** The equity of two runs over one axis of time. */
import { type ReactNode, useMemo } from "react";
import type { EquityPoint } from "../../model/backtests/contract";
import { linePath } from "../../model/charts/path";
import { linear, nearest, padded, rangeOf, type Scale, ticksOf } from "../../model/charts/scale";
import { timeTicks } from "../../model/charts/times";
import { axisNumber } from "../../model/charts/write";
import { amount, moment } from "../../model/format";
import { useSettings } from "../settings";
import {
  type Area,
  axisWidth,
  CrossLine,
  Surface,
  TimeAxis,
  useCrosshair,
  useWidth,
  ValueAxis,
} from "./frame";
import { Readout } from "./readout";

const PLOT = 240;
const FOOT = 24;
const LABEL_PX = 110;

interface Line {
  readonly times: readonly number[];
  readonly values: readonly number[];
}

const lineOf = (points: readonly EquityPoint[]): Line => ({
  times: points.map(({ time }) => Date.parse(time)),
  values: points.map(({ equity }) => Number(equity)),
});

export function PairChart({
  a,
  b,
  quote,
}: {
  readonly a: readonly EquityPoint[];
  readonly b: readonly EquityPoint[];
  readonly quote: string;
}): ReactNode {
  const [ref, width] = useWidth();
  const crosshair = useCrosshair();
  const zone = useSettings((settings) => settings.zone);
  const lines = useMemo(() => [lineOf(a), lineOf(b)] as const, [a, b]);
  const layout = useMemo(() => layoutOf(lines, width), [lines, width]);
  const [first, second] = lines;
  const at = crosshair.at ?? first.times.length - 1;
  const time = first.times[at] ?? 0;
  const other = b[nearest(second.times, time)];
  const point = a[at];
  const equity = (one: EquityPoint | undefined): string =>
    one === undefined ? "–" : amount(one.equity, 2);
  const places = layout === null ? [] : first.times.map((one) => layout.x(one));
  return (
    <div ref={ref} className="flex min-w-0 flex-col gap-2">
      {point !== undefined && (
        <Readout
          at={point.time}
          values={[
            { name: "A", text: equity(point), unit: quote, title: point.equity, mark: "run" },
            { name: "B", text: equity(other), unit: quote, mark: "unknown" },
          ]}
        />
      )}
      <Surface
        label="Equity of both runs; arrow keys move through time"
        places={places}
        crosshair={crosshair}
        say={(place) =>
          `${moment(a[place]?.time ?? "", zone)}: A ${equity(a[place])}, B ${equity(
            b[nearest(second.times, first.times[place] ?? 0)],
          )} ${quote}`
        }
      >
        {layout === null ? (
          <div style={{ height: PLOT + FOOT }} />
        ) : (
          <svg width={width} height={PLOT + FOOT} aria-hidden="true" className="block">
            <ValueAxis
              area={layout.area}
              ticks={layout.ticks}
              scale={layout.y}
              write={axisNumber}
            />
            <TimeAxis
              area={layout.area}
              ticks={timeTicks(layout.range, Math.max(2, Math.floor(width / LABEL_PX)), zone)}
              scale={layout.x}
            />
            <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
              <path d={pathOf(second, layout)} className="text-unknown" />
              <path d={pathOf(first, layout)} className="text-run" />
            </g>
            {crosshair.at !== null && <CrossLine area={layout.area} x={layout.x(time)} />}
          </svg>
        )}
      </Surface>
    </div>
  );
}

interface Layout {
  readonly area: Area;
  readonly range: { readonly low: number; readonly high: number };
  readonly x: Scale;
  readonly y: Scale;
  readonly ticks: readonly number[];
}

function layoutOf(lines: readonly Line[], width: number): Layout | null {
  const range = rangeOf(lines.flatMap(({ times }) => times));
  const values = rangeOf(lines.flatMap((line) => line.values));
  if (range === null || values === null || width === 0) return null;
  const shown = padded(values, 0.05);
  const ticks = ticksOf(shown, 5);
  const right = Math.max(60, width - axisWidth(ticks.map(axisNumber)));
  const area = { left: 1, right, top: 4, bottom: PLOT };
  return {
    area,
    range,
    x: linear(range, area.left, right),
    y: linear(shown, area.bottom, area.top),
    ticks,
  };
}

const pathOf = ({ times, values }: Line, { x, y }: Layout): string =>
  linePath(values.map((value, place) => ({ x: x(times[place] ?? 0), y: y(value) })));
