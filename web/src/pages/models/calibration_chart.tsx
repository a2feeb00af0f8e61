/** How sure a model said to be against how often it was right; on the line it keeps its word. */
import type { ReactNode } from "react";
import { count, percent } from "../../model/format";
import { type CalibrationDocument, type Point, pointsOf } from "../../model/models";

const WIDTH = 360;
const HEIGHT = 210;
const LEFT = 44;
const BOTTOM = 36;
const TOP = 10;
const RIGHT = 12;
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;
const SMALLEST_RADIUS = 3;
const LARGEST_RADIUS = 8;

const x = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
const y = (share: number): number => HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);

export function CalibrationChart({
  calibration,
  name,
}: {
  readonly calibration: CalibrationDocument;
  readonly name: string;
}): ReactNode {
  const points = pointsOf(calibration);
  return (
    <>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Calibration curve of ${name}; its values are in the table below`}
        className="w-full max-w-[440px]"
      >
        <Axes />
        <polyline
          points={points.map(({ said, right }) => `${x(said)},${y(right)}`).join(" ")}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          className="text-run"
        />
        {points.map((point) => (
          <Mark key={point.bin.from_pct} point={point} />
        ))}
      </svg>
      <details className="text-sm">
        <summary className="cursor-pointer text-text2">The same as a table</summary>
        <Values points={points} name={name} />
      </details>
    </>
  );
}

function Axes(): ReactNode {
  return (
    <g className="text-[11px]">
      {TICKS.map((tick) => (
        <g key={tick} className="text-line">
          <path
            d={`M${x(0)} ${y(tick)}H${x(1)}M${x(tick)} ${y(0)}V${y(1)}`}
            stroke="currentColor"
          />
          <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end" className="fill-text3">
            {tick * 100}
          </text>
          <text x={x(tick)} y={HEIGHT - BOTTOM + 15} textAnchor="middle" className="fill-text3">
            {tick * 100}
          </text>
        </g>
      ))}
      <path
        d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`}
        stroke="currentColor"
        strokeDasharray="4 4"
        className="text-edge"
      />
      <text x={x(0.5)} y={HEIGHT - 4} textAnchor="middle" className="fill-text2">
        said to be sure, %
      </text>
      <text
        transform={`translate(11 ${y(0.5)}) rotate(-90)`}
        textAnchor="middle"
        className="fill-text2"
      >
        was right, %
      </text>
    </g>
  );
}

/** A dot as large as the bin, and a line for what may be by chance. */
function Mark({ point: { bin, said, right, low, high, weight } }: { readonly point: Point }) {
  const radius = SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * Math.sqrt(weight);
  return (
    <g className="text-run">
      <title>{wordsOf(bin)}</title>
      <path
        d={`M${x(said)} ${y(low)}V${y(high)}`}
        stroke="currentColor"
        strokeWidth="1.5"
        opacity="0.6"
      />
      <circle cx={x(said)} cy={y(right)} r={radius} className="fill-surface" />
      <circle
        cx={x(said)}
        cy={y(right)}
        r={radius}
        fill="currentColor"
        fillOpacity="0.35"
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </g>
  );
}

const wordsOf = ({ from_pct, to_pct, count: size, share_right, low, high }: Point["bin"]): string =>
  `${from_pct} to ${to_pct} %: right ${percent(share_right, 1)} of ${count(size)}, by chance ${percent(low, 1)} to ${percent(high, 1)}`;

function Values({
  points,
  name,
}: {
  readonly points: readonly Point[];
  readonly name: string;
}): ReactNode {
  return (
    <table
      aria-label={`Calibration of ${name}`}
      className="mt-2 w-full text-right text-xs [&_td]:py-0.5 [&_th]:font-medium [&_th]:text-text3"
    >
      <thead>
        <tr>
          <th scope="col" className="text-left">
            Said
          </th>
          <th scope="col">Scored</th>
          <th scope="col">Right</th>
          <th scope="col">Interval</th>
        </tr>
      </thead>
      <tbody>
        {points.map(({ bin }) => (
          <tr key={bin.from_pct} className="figures">
            <td className="text-left">
              {bin.from_pct}–{bin.to_pct}&#8239;%
            </td>
            <td>{count(bin.count)}</td>
            <td>{percent(bin.share_right, 1)}</td>
            <td className="text-text3">
              {percent(bin.low, 1)} to {percent(bin.high, 1)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
