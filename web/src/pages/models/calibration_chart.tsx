/** What a model held for likely against what happened; on the line it keeps its word. */
import type { ReactNode } from "react";
import type { Calibration } from "../../generated/rest";
import { count, percent } from "../../model/format";
import { type Point, pointsOf } from "../../model/models";

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
  readonly calibration: Calibration;
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
          points={points.map(({ said, seen }) => `${x(said)},${y(seen)}`).join(" ")}
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
        held for likely, %
      </text>
      <text
        transform={`translate(11 ${y(0.5)}) rotate(-90)`}
        textAnchor="middle"
        className="fill-text2"
      >
        came true, %
      </text>
    </g>
  );
}

/** A dot as large as the bin, and a line for what may be by chance. */
function Mark({ point }: { readonly point: Point }): ReactNode {
  const { said, seen, low, high, weight } = point;
  const radius = SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * Math.sqrt(weight);
  return (
    <g className="text-run">
      <title>{wordsOf(point)}</title>
      <path
        d={`M${x(said)} ${y(low)}V${y(high)}`}
        stroke="currentColor"
        strokeWidth="1.5"
        opacity="0.6"
      />
      <circle cx={x(said)} cy={y(seen)} r={radius} className="fill-surface" />
      <circle
        cx={x(said)}
        cy={y(seen)}
        r={radius}
        fill="currentColor"
        fillOpacity="0.35"
        stroke="currentColor"
        strokeWidth="1.5"
      />
    </g>
  );
}

const wordsOf = ({ bin, low, high }: Point): string =>
  `${bin.from_pct} to ${bin.to_pct} %: ${percent(bin.seen, 1)} of ${count(bin.outcomes)} came true, by chance ${shareText(low)} to ${shareText(high)}`;

const SHARE_PLACES = 4;

const shareText = (share: number): string => percent(share.toFixed(SHARE_PLACES), 1);

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
        {points.map(({ bin, low, high }) => (
          <tr key={bin.from_pct} className="figures">
            <td className="text-left">
              {bin.from_pct}–{bin.to_pct}&#8239;%
            </td>
            <td>{count(bin.outcomes)}</td>
            <td>{percent(bin.seen, 1)}</td>
            <td className="text-text3">
              {shareText(low)} to {shareText(high)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
