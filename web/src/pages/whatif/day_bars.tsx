/** How profit would have changed, day by day: bars above the line where it is more. */
import { type ReactNode, useMemo } from "react";
import { linear, rangeOf, ticksOf } from "../../model/charts/scale";
import { timeTicks } from "../../model/charts/times";
import { axisNumber } from "../../model/charts/write";
import type { DayOfFlips } from "../../model/whatif/contract";
import { type Area, axisWidth, TimeAxis, useWidth, ValueAxis } from "../../ui/charts/frame";

const PLOT = 140;
const FOOT = 24;
const DAY_MS = 86_400_000;
const LABEL_PX = 80;

export function DayBars({ days }: { readonly days: readonly DayOfFlips[] }): ReactNode {
  const [ref, width] = useWidth();
  const layout = useMemo(() => layoutOf(days, width), [days, width]);
  return (
    <div ref={ref} className="px-4 pt-3">
      {layout !== null && (
        <svg width={width} height={PLOT + FOOT} aria-hidden="true" className="block">
          <ValueAxis area={layout.area} ticks={layout.ticks} scale={layout.y} write={axisNumber} />
          <TimeAxis area={layout.area} ticks={layout.times} scale={layout.x} />
          {days.map(({ day, flips, profit_delta }) => {
            const [value, left] = [Number(profit_delta), layout.x(Date.parse(day))];
            const [from, to] = [layout.y(Math.max(0, value)), layout.y(Math.min(0, value))];
            return (
              <rect
                key={day}
                x={left + 0.5}
                y={from}
                width={Math.max(1, layout.slot - 1)}
                height={Math.max(flips > 0 ? 1 : 0, to - from)}
                className={value < 0 ? "fill-bad" : "fill-ok"}
              />
            );
          })}
        </svg>
      )}
    </div>
  );
}

function layoutOf(days: readonly DayOfFlips[], width: number) {
  const begins = rangeOf(days.map(({ day }) => Date.parse(day)));
  const values = rangeOf([0, ...days.map(({ profit_delta }) => Number(profit_delta))]);
  if (begins === null || values === null || width <= 0) return null;
  const inner = width - 32;
  const ticks = ticksOf(values, 4);
  const area: Area = {
    left: 0,
    right: Math.max(60, inner - axisWidth(ticks.map(axisNumber))),
    top: 6,
    bottom: PLOT,
  };
  const range = { low: begins.low, high: begins.high + DAY_MS };
  const x = linear(range, area.left, area.right);
  return {
    area,
    ticks,
    x,
    y: linear(values, area.bottom, area.top),
    slot: x(range.low + DAY_MS) - x(range.low),
    times: timeTicks(range, Math.max(2, Math.floor(inner / LABEL_PX)), "UTC"),
  };
}
