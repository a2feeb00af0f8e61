/** Equity over time with the span of each bucket, and below it how far it was under its peak. */
import { type ReactNode, useMemo } from "react";
import type { EquityPoint } from "../../model/backtests/contract";
import { type Curve, curveOf, deepestFall, type Fall } from "../../model/backtests/equity";
import { areaPath, bandPath, linePath, type Place } from "../../model/charts/path";
import { linear, padded, rangeOf, type Scale, ticksOf } from "../../model/charts/scale";
import { timeTicks } from "../../model/charts/times";
import { axisNumber, axisPercent } from "../../model/charts/write";
import { amount, moment, percent } from "../../model/format";
import { useSettings } from "../settings";
import {
  type Area,
  axisWidth,
  type Crosshair,
  CrossLine,
  Surface,
  TimeAxis,
  useCrosshair,
  useWidth,
  ValueAxis,
} from "./frame";
import { Readout } from "./readout";

const UPPER = 240;
const LOWER = 96;
const GAP = 20;
const FOOT = 24;
const HEIGHT = UPPER + GAP + LOWER + FOOT;
const LABEL_PX = 110;

interface Layout {
  readonly upper: Area;
  readonly lower: Area;
  readonly x: Scale;
  readonly y: Scale;
  readonly depth: Scale;
  readonly valueTicks: readonly number[];
  readonly depthTicks: readonly number[];
}

export function EquityChart({
  points,
  quote,
}: {
  readonly points: readonly EquityPoint[];
  /** What equity is counted in. */
  readonly quote: string;
}): ReactNode {
  const [ref, width] = useWidth();
  const crosshair = useCrosshair();
  const zone = useSettings((settings) => settings.zone);
  const curve = useMemo(() => curveOf(points), [points]);
  const layout = useMemo(() => layoutOf(curve, width), [curve, width]);
  const places = useMemo(
    () => (layout === null ? [] : curve.times.map((time) => layout.x(time))),
    [layout, curve],
  );
  const shown = points[crosshair.at ?? points.length - 1];
  return (
    <div ref={ref} className="flex min-w-0 flex-col gap-2">
      {shown !== undefined && <Values point={shown} quote={quote} />}
      <Surface
        label="Equity and drawdown; arrow keys move through time"
        places={places}
        crosshair={crosshair}
        say={(at) => wordsOf(points[at], quote, zone)}
      >
        {layout === null ? (
          <div style={{ height: HEIGHT }} />
        ) : (
          <Picture curve={curve} layout={layout} width={width} crosshair={crosshair} />
        )}
      </Surface>
    </div>
  );
}

function layoutOf(curve: Curve, width: number): Layout | null {
  const range = rangeOf([...curve.low, ...curve.high, ...curve.benchmark]);
  const times = rangeOf(curve.times);
  const depths = rangeOf([...curve.drawdown, 0]);
  if (range === null || times === null || depths === null || width === 0) return null;
  const values = padded(range, 0.05);
  const valueTicks = ticksOf(values, 5);
  const deepest = depths.low === 0 ? { low: -0.01, high: 0 } : { low: depths.low * 1.08, high: 0 };
  const depthTicks = ticksOf(deepest, 3);
  const axis = axisWidth([...valueTicks.map(axisNumber), ...depthTicks.map(axisPercent)]);
  const right = Math.max(60, width - axis);
  const upper = { left: 1, right, top: 4, bottom: UPPER };
  const lower = { left: 1, right, top: UPPER + GAP, bottom: UPPER + GAP + LOWER };
  return {
    upper,
    lower,
    x: linear(times, upper.left, right),
    y: linear(values, upper.bottom, upper.top),
    depth: linear(deepest, lower.bottom, lower.top),
    valueTicks,
    depthTicks,
  };
}

function Picture({
  curve,
  layout,
  width,
  crosshair: { at },
}: {
  readonly curve: Curve;
  readonly layout: Layout;
  readonly width: number;
  readonly crosshair: Crosshair;
}): ReactNode {
  const { upper, lower, x } = layout;
  const zone = useSettings((settings) => settings.zone);
  const times = { low: curve.times[0] ?? 0, high: curve.times.at(-1) ?? 0 };
  const fall = useMemo(() => deepestFall(curve), [curve]);
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true" className="block">
      {fall !== null && <FallBand fall={fall} curve={curve} layout={layout} />}
      <ValueAxis area={upper} ticks={layout.valueTicks} scale={layout.y} write={axisNumber} />
      <ValueAxis area={lower} ticks={layout.depthTicks} scale={layout.depth} write={axisPercent} />
      <TimeAxis
        area={lower}
        ticks={timeTicks(times, Math.max(2, Math.floor(upper.right / LABEL_PX)), zone)}
        scale={x}
      />
      <Lines curve={curve} layout={layout} />
      {at !== null && <Looked at={at} curve={curve} layout={layout} />}
    </svg>
  );
}

/** The shapes do not change while the pointer moves. */
function Lines({
  curve,
  layout: { lower, x, y, depth },
}: {
  readonly curve: Curve;
  readonly layout: Layout;
}): ReactNode {
  const paths = useMemo(() => {
    const along = (values: readonly number[], scale: Scale): readonly Place[] =>
      values.map((value, place) => ({ x: x(curve.times[place] ?? 0), y: scale(value) }));
    const falls = along(curve.drawdown, depth);
    return {
      band: bandPath(along(curve.high, y), along(curve.low, y)),
      benchmark: linePath(along(curve.benchmark, y)),
      equity: linePath(along(curve.equity, y)),
      area: areaPath(falls, lower.top),
      falls: linePath(falls),
    };
  }, [curve, x, y, depth, lower.top]);
  return (
    <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
      <path d={paths.band} fill="currentColor" opacity="0.22" stroke="none" className="text-run" />
      <path d={paths.benchmark} strokeWidth="1" strokeDasharray="5 3" className="text-text3" />
      <path d={paths.equity} className="text-run" />
      <path d={paths.area} fill="currentColor" opacity="0.18" stroke="none" className="text-bad" />
      <path d={paths.falls} className="text-bad" />
    </g>
  );
}

/** From the peak before the deepest fall to its recovery. */
function FallBand({
  fall,
  curve,
  layout: { upper, lower, x },
}: {
  readonly fall: Fall;
  readonly curve: Curve;
  readonly layout: Layout;
}): ReactNode {
  const from = x(curve.times[fall.peak] ?? 0);
  const to = x(curve.times[fall.recovered ?? curve.times.length - 1] ?? 0);
  return (
    <rect
      x={from}
      y={upper.top}
      width={Math.max(1, to - from)}
      height={lower.bottom - upper.top}
      fill="currentColor"
      opacity="0.05"
      className="text-bad"
    />
  );
}

const DOT = 3.5;

function Looked({
  at,
  curve,
  layout: { upper, lower, x, y, depth },
}: {
  readonly at: number;
  readonly curve: Curve;
  readonly layout: Layout;
}): ReactNode {
  const left = x(curve.times[at] ?? 0);
  return (
    <g>
      <CrossLine area={{ ...upper, bottom: lower.bottom }} x={left} />
      <circle cx={left} cy={y(curve.equity[at] ?? 0)} r={DOT} className="fill-run" />
      <circle cx={left} cy={depth(curve.drawdown[at] ?? 0)} r={DOT} className="fill-bad" />
    </g>
  );
}

function Values({
  point,
  quote,
}: {
  readonly point: EquityPoint;
  readonly quote: string;
}): ReactNode {
  const money = (text: string): string => amount(text, 2);
  return (
    <Readout
      at={point.time}
      values={[
        {
          name: "Equity",
          text: money(point.equity),
          unit: quote,
          title: point.equity,
          mark: "run",
        },
        { name: "Low to high", text: `${money(point.low)} to ${money(point.high)}`, mark: "band" },
        {
          name: "Drawdown",
          text: percent(negative(point.drawdown)),
          title: point.drawdown,
          mark: "bad",
        },
        { name: "Buy and hold", text: money(point.benchmark), mark: "dashed" },
        { name: "Exposed", text: percent(point.exposure, 0) },
      ]}
    />
  );
}

const negative = (text: string): string =>
  text.startsWith("-") || /^[0.]*$/.test(text) ? text : `-${text}`;

function wordsOf(point: EquityPoint | undefined, quote: string, zone: "local" | "UTC"): string {
  if (point === undefined) return "nothing";
  const { time, equity, drawdown } = point;
  return `${moment(time, zone)}: equity ${amount(equity, 2)} ${quote}, drawdown ${percent(negative(drawdown))}`;
}
