/** Candles by time: rising ones are hollow, falling ones full, the one that goes on is dashed. */
import { type ReactNode, useMemo } from "react";
import { ticksOf } from "../../model/charts/scale";
import { timeTicks } from "../../model/charts/times";
import { axisNumber } from "../../model/charts/write";
import { listAmount, moment, price } from "../../model/format";
import {
  type CandleLayout,
  candlesPath,
  gapBands,
  type Interval,
  isInterval,
  isRise,
  layoutOf,
  middleOf,
} from "../../model/market/candles";
import type { CandleDocument, CandlePage } from "../../model/market/contract";
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
import { Readout, type Value } from "./readout";

const PLOT = 340;
const FOOT = 24;
const LABEL_PX = 70;

export function CandleChart({
  page,
  quote,
}: {
  readonly page: CandlePage;
  readonly quote: string;
}): ReactNode {
  const [ref, width] = useWidth();
  const crosshair = useCrosshair();
  const zone = useSettings((settings) => settings.zone);
  const interval: Interval = isInterval(page.interval) ? page.interval : "1m";
  const drawn = useMemo(() => drawnOf(page, interval, width), [page, interval, width]);
  const { items } = page;
  const at = crosshair.at === null ? items.length - 1 : Math.min(crosshair.at, items.length - 1);
  const shown = items[at];
  return (
    <div ref={ref} className="flex min-w-0 flex-col gap-2">
      {shown !== undefined && <Readout at={shown.time} values={valuesOf(shown, quote)} />}
      <Surface
        label={`Candles of ${page.symbol}; arrow keys move through time`}
        places={drawn?.places ?? []}
        crosshair={crosshair}
        say={(place) => wordsOf(items[place], zone)}
      >
        {drawn === null ? (
          <div style={{ height: PLOT + FOOT }} />
        ) : (
          <Picture page={page} drawn={drawn} width={width} crosshair={crosshair} />
        )}
      </Surface>
    </div>
  );
}

interface Drawn {
  readonly area: Area;
  readonly layout: CandleLayout;
  readonly interval: Interval;
  readonly ticks: readonly number[];
  readonly places: readonly number[];
}

function drawnOf(page: CandlePage, interval: Interval, width: number): Drawn | null {
  if (width === 0) return null;
  const box = { left: 1, right: width, top: 6, bottom: PLOT };
  const rough = layoutOf(page.items, interval, box);
  if (rough === null) return null;
  const ticks = ticksOf(rough.prices, 6);
  const last = page.items.at(-1);
  const texts = [...ticks, ...(last === undefined ? [] : [Number(last.close)])].map(axisNumber);
  const right = Math.max(60, width - axisWidth(texts));
  const area = { ...box, right };
  const layout = layoutOf(page.items, interval, area);
  if (layout === null) return null;
  const places = page.items.map((candle) => middleOf(candle, interval, layout));
  return { area, layout, interval, ticks, places };
}

function Picture({
  page,
  drawn,
  width,
  crosshair: { at },
}: {
  readonly page: CandlePage;
  readonly drawn: Drawn;
  readonly width: number;
  readonly crosshair: Crosshair;
}): ReactNode {
  const { area, layout, ticks, places } = drawn;
  const zone = useSettings((settings) => settings.zone);
  const last = page.items.at(-1);
  return (
    <svg width={width} height={PLOT + FOOT} aria-hidden="true" className="block">
      <ValueAxis area={area} ticks={ticks} scale={layout.y} write={axisNumber} />
      <TimeAxis
        area={area}
        ticks={timeTicks(layout.times, Math.max(2, Math.floor(width / LABEL_PX)), zone)}
        scale={layout.x}
      />
      <Gaps page={page} drawn={drawn} />
      <Candles page={page} drawn={drawn} />
      {last !== undefined && <LastPrice candle={last} drawn={drawn} />}
      {at !== null && <CrossLine area={area} x={places[at] ?? 0} />}
    </svg>
  );
}

function Gaps({ page, drawn }: { readonly page: CandlePage; readonly drawn: Drawn }): ReactNode {
  const { area, layout } = drawn;
  return (
    <>
      <defs>
        <pattern
          id="gap"
          width="8"
          height="8"
          patternUnits="userSpaceOnUse"
          patternTransform="rotate(45)"
        >
          <rect width="4" height="8" fill="currentColor" className="text-line" />
        </pattern>
      </defs>
      {gapBands(page.gaps, layout).map(({ left, right }) => (
        <rect
          key={left}
          x={left}
          y={area.top}
          width={right - left}
          height={area.bottom - area.top}
          fill="url(#gap)"
          opacity="0.7"
        />
      ))}
    </>
  );
}

function Candles({ page, drawn }: { readonly page: CandlePage; readonly drawn: Drawn }): ReactNode {
  const { layout, interval } = drawn;
  const paths = useMemo(() => {
    const closed = page.items.filter((candle) => candle.closed);
    const open = page.items.filter((candle) => !candle.closed);
    const path = (candles: readonly CandleDocument[]): string =>
      candlesPath(candles, interval, layout);
    return {
      rising: path(closed.filter(isRise)),
      falling: path(closed.filter((candle) => !isRise(candle))),
      open: path(open),
    };
  }, [page, interval, layout]);
  return (
    <g stroke="currentColor" strokeWidth="1">
      <path d={paths.rising} className="fill-surface text-ok" />
      <path d={paths.falling} fill="currentColor" className="text-bad" />
      <path d={paths.open} strokeDasharray="2 2" className="fill-surface text-run" />
    </g>
  );
}

const TAG_HEIGHT = 16;

/** Where it stands now, on the axis. */
function LastPrice({
  candle,
  drawn: { area, layout },
}: {
  readonly candle: CandleDocument;
  readonly drawn: Drawn;
}): ReactNode {
  const y = layout.y(Number(candle.close));
  const text = axisNumber(Number(candle.close));
  return (
    <g className="text-[11px] text-run">
      <path
        d={`M${area.left} ${Math.round(y) + 0.5}H${area.right}`}
        stroke="currentColor"
        strokeDasharray="1 3"
      />
      <rect
        x={area.right + 2}
        y={y - TAG_HEIGHT / 2}
        width={axisWidth([text]) - 4}
        height={TAG_HEIGHT}
        rx="3"
        fill="currentColor"
      />
      <text x={area.right + 8} y={y + 4} className="figures fill-ground font-medium">
        {text}
      </text>
    </g>
  );
}

function valuesOf(candle: CandleDocument, quote: string): readonly Value[] {
  const { open, high, low, close, volume, ticks } = candle;
  return [
    { name: "Open", text: price(open), title: open },
    { name: "High", text: price(high), title: high },
    { name: "Low", text: price(low), title: low },
    { name: "Close", text: price(close), title: close, unit: quote },
    ...(volume === null ? [] : [{ name: "Volume", text: listAmount(volume), title: volume }]),
    { name: "Ticks", text: String(ticks) },
    ...(candle.closed ? [] : [{ name: "Goes on", text: "", mark: "dashed" as const }]),
  ];
}

function wordsOf(candle: CandleDocument | undefined, zone: "local" | "UTC"): string {
  if (candle === undefined) return "nothing";
  const { time, open, high, low, close, closed } = candle;
  const words = `open ${price(open)}, high ${price(high)}, low ${price(low)}, close ${price(close)}`;
  return `${moment(time, zone)}: ${words}${closed ? "" : ", it goes on"}`;
}
