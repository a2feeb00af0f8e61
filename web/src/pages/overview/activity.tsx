/** Intents over time, each bar by what became of those submitted within it. */
import type { ReactNode } from "react";
import type { Bucket, StatsDocument } from "../../generated/rest";
import { count, moment } from "../../model/format";
import { span } from "../../model/limits";
import { PARTS } from "../../model/stats";
import { Ago } from "../../ui/now";
import { Card, TONES } from "../../ui/parts";
import { useSettings } from "../../ui/settings";

const HEIGHT = 96;
const LEAST_PART = 1.5;

export function Activity({ stats }: { readonly stats: StatsDocument }): ReactNode {
  const most = Math.max(0, ...stats.buckets.map(({ submitted }) => submitted));
  const shown = PARTS.filter((part) => stats.buckets.some((bucket) => part.of(bucket) > 0));
  if (most === 0) {
    return (
      <Card title="Submitted">
        <p className="p-4 text-text2">Nothing was submitted in this time.</p>
      </Card>
    );
  }
  return (
    <Card
      title="Submitted"
      aside={
        <span className="figures text-xs text-text3">
          each bar {span(stats.bucket_seconds)}, the highest {count(most)}
        </span>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <svg
          role="img"
          aria-label={`Intents by the time of submission, ${count(stats.intents)} in all`}
          viewBox={`0 0 ${Math.max(1, stats.buckets.length)} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="h-24 w-full"
        >
          {stats.buckets.map((bucket, place) => (
            <Bar key={bucket.at} bucket={bucket} place={place} most={most} />
          ))}
        </svg>
        <TimeAxis stats={stats} />
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-text2">
          {shown.map(({ name, tone }) => (
            <li key={name} className="flex items-center gap-1.5">
              <span aria-hidden="true" className={`size-2 rounded-sm bg-current ${TONES[tone]}`} />
              {name}
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

function Bar({
  bucket,
  place,
  most,
}: {
  readonly bucket: Bucket;
  readonly place: number;
  readonly most: number;
}): ReactNode {
  const zone = useSettings((settings) => settings.zone);
  const parts = PARTS.map((part) => ({ ...part, size: part.of(bucket) })).filter(
    ({ size }) => size > 0,
  );
  let top = HEIGHT;
  return (
    <g>
      <title>
        {`${moment(bucket.at, zone)}: ${count(bucket.submitted)} submitted${parts.map(({ name, size }) => `, ${name.toLowerCase()} ${count(size)}`).join("")}`}
      </title>
      <rect x={place} y={0} width={1} height={HEIGHT} fill="transparent" />
      {parts.map(({ name, tone, size }) => {
        const height = Math.max(LEAST_PART, (size / most) * HEIGHT);
        top -= height;
        return (
          <rect
            key={name}
            x={place + 0.08}
            y={top}
            width={0.84}
            height={height}
            className={TONES[tone]}
            fill="currentColor"
          />
        );
      })}
    </g>
  );
}

function TimeAxis({ stats }: { readonly stats: StatsDocument }): ReactNode {
  return (
    <p className="figures flex justify-between text-xs text-text3">
      <Ago at={stats.buckets[0]?.at ?? stats.since} />
      <span>now</span>
    </p>
  );
}
