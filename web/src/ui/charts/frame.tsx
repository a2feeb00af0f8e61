/** A chart's picture as wide as its card, with axes, and a crosshair for pointer and keyboard. */
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { nearest, type Scale } from "../../model/charts/scale";
import type { TimeTick } from "../../model/charts/times";

/** Where the values of a chart stand, in pixels. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** How wide an element is as the browser has laid it out. */
export function useWidth(): readonly [ref: (element: HTMLElement | null) => void, width: number] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (element === null) return;
    const measure = (): void => setWidth(Math.floor(element.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return [setElement, width];
}

const PAGE_STEPS = 20;
const MOVES: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowLeft: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  PageUp: (at) => at + PAGE_STEPS,
  PageDown: (at) => at - PAGE_STEPS,
  Home: () => 0,
  End: (_, last) => last,
};

export interface Crosshair {
  /** The place that is looked at; null while nobody looks. */
  readonly at: number | null;
  readonly look: (at: number | null) => void;
}

export const useCrosshair = (): Crosshair => {
  const [at, look] = useState<number | null>(null);
  return { at, look };
};

/**
 * A surface over a chart: the pointer or arrow keys choose one of its places.
 *
 * `say` puts a place into words for those who do not see the chart.
 */
export function Surface({
  label,
  places,
  crosshair: { at, look },
  say,
  children,
}: {
  readonly label: string;
  /** Pixels from the left edge, ascending. */
  readonly places: readonly number[];
  readonly crosshair: Crosshair;
  readonly say: (at: number) => string;
  readonly children: ReactNode;
}): ReactNode {
  const surface = useRef<HTMLDivElement>(null);
  const last = places.length - 1;
  const point = (event: PointerEvent): void => {
    const left = surface.current?.getBoundingClientRect().left ?? 0;
    look(nearest(places, event.clientX - left));
  };
  const press = (event: KeyboardEvent): void => {
    const move = MOVES[event.key];
    if (move === undefined || last < 0) return;
    event.preventDefault();
    look(Math.max(0, Math.min(last, move(at ?? last, last))));
  };
  return (
    <div
      ref={surface}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={at ?? last}
      aria-valuetext={last < 0 ? "nothing" : say(at ?? last)}
      onPointerMove={point}
      onPointerDown={point}
      onPointerLeave={(event) => event.pointerType === "mouse" && look(null)}
      onKeyDown={press}
      className="relative cursor-crosshair touch-pan-y select-none"
    >
      {children}
    </div>
  );
}

/** Names of values at the right, as lines across the chart. */
export function ValueAxis({
  area,
  ticks,
  scale,
  write,
}: {
  readonly area: Area;
  readonly ticks: readonly number[];
  readonly scale: Scale;
  readonly write: (value: number) => string;
}): ReactNode {
  return (
    <g className="text-[11px]">
      {ticks.map((tick) => (
        <g key={tick} className="text-line">
          <path
            d={`M${area.left} ${Math.round(scale(tick)) + 0.5}H${area.right}`}
            stroke="currentColor"
          />
          <text x={area.right + 8} y={scale(tick) + 4} className="fill-text3 figures">
            {write(tick)}
          </text>
        </g>
      ))}
    </g>
  );
}

const HALF_LABEL = 24;

/** Names of times below. */
export function TimeAxis({
  area,
  ticks,
  scale,
}: {
  readonly area: Area;
  readonly ticks: readonly TimeTick[];
  readonly scale: Scale;
}): ReactNode {
  return (
    <g className="text-[11px]">
      {ticks
        .filter(({ ms }) => scale(ms) > area.left + HALF_LABEL && scale(ms) < area.right)
        .map(({ ms, text }) => (
          <text
            key={ms}
            x={scale(ms)}
            y={area.bottom + 16}
            textAnchor="middle"
            className="fill-text3"
          >
            {text}
          </text>
        ))}
    </g>
  );
}

/** A line down the chart at the place that is looked at. */
export const CrossLine = ({ area, x }: { readonly area: Area; readonly x: number }): ReactNode => (
  <path
    d={`M${Math.round(x) + 0.5} ${area.top}V${area.bottom}`}
    stroke="currentColor"
    strokeDasharray="3 3"
    className="text-text3"
  />
);

/** How much of a chart the names of its values take, at least. */
const CHARACTER = 6.5;

export const axisWidth = (texts: readonly string[]): number =>
  16 + Math.max(...texts.map((text) => text.length), 1) * CHARACTER;
