/** What models were told of the market, each value with what is wrong with it. */
import type { ReactNode } from "react";
import type { PriceLevel, SignalDocument, SignalEnriched } from "../../generated/contracts";
import {
  type Feature,
  FLAGS,
  type Flagged,
  flagsOf,
  framesOf,
  groupsOf,
  otherFlags,
} from "../../model/features";
import { count, decimal, duration } from "../../model/format";
import { Badge, Card, TONES } from "../../ui/parts";
import { FramesTable } from "./frames_table";

export function FeaturesCard({
  enriched,
  signal,
}: {
  readonly enriched: SignalEnriched | null;
  readonly signal: SignalDocument;
}): ReactNode {
  if (signal.state === "rejected" || signal.state === "received") return null;
  return (
    <Card title="Features" aside={enriched && <Quality enriched={enriched} />}>
      {enriched === null ? (
        <p className="p-4 text-text2">The history has not been read yet.</p>
      ) : (
        <Known enriched={enriched} />
      )}
    </Card>
  );
}

function Quality({ enriched: { features, profileId } }: { readonly enriched: SignalEnriched }) {
  const flags = flagsOf(features.quality).length;
  return (
    <span className="flex min-w-0 items-center gap-3">
      <span className="truncate text-xs text-text3" title="Which features were asked for">
        {profileId}
      </span>
      {flags === 0 ? (
        <Badge look={{ mark: "✓", word: "Clean", tone: "ok" }} title="Nothing is wrong with them" />
      ) : (
        <Badge look={{ mark: "!", word: `${flags} flagged`, tone: "warn" }} />
      )}
    </span>
  );
}

function Known({ enriched }: { readonly enriched: SignalEnriched }): ReactNode {
  const { features } = enriched;
  const frames = framesOf(features);
  const others = otherFlags(features);
  const hasLevels = features.support != null || features.resistance != null;
  return (
    <div className="divide-y divide-line">
      {others.length > 0 && (
        <p className="flex flex-wrap gap-x-4 gap-y-1 px-4 py-2 text-sm">
          {others.map((flag) => (
            <Flag key={`${flag.kind} ${flag.name}`} flag={flag} isNamed />
          ))}
        </p>
      )}
      <div className="grid gap-x-8 gap-y-4 p-4 md:grid-cols-[repeat(auto-fit,minmax(260px,1fr))]">
        {groupsOf(features).map(({ name, flags, features: some }) => (
          <section key={name} aria-label={name} className="min-w-0">
            <h3 className="flex flex-wrap gap-x-2 pb-1 text-xs font-medium text-text2">
              {name}
              {flags.map((flag) => (
                <Flag key={flag.kind} flag={flag} />
              ))}
            </h3>
            <dl className="text-sm">
              {some.map((feature) => (
                <Line key={feature.key} feature={feature} />
              ))}
            </dl>
          </section>
        ))}
        {hasLevels && <Levels support={features.support} resistance={features.resistance} />}
      </div>
      {frames.length > 0 && <FramesTable frames={frames} mid={features.mid_price} />}
      <p className="px-4 py-2 text-xs text-text3">
        The signal was {duration(features.signal_age_ms)} old then. docs/contracts/features.md
        defines every value.
      </p>
    </div>
  );
}

function Line({ feature: { name, hint, value, flags } }: { readonly feature: Feature }): ReactNode {
  return (
    <div title={hint} className="flex items-baseline justify-between gap-3 py-0.5">
      <dt className="flex min-w-0 flex-wrap items-baseline gap-x-2 text-text2">
        {name}
        {flags.map((flag) => (
          <Flag key={flag.kind} flag={flag} />
        ))}
      </dt>
      <dd className="figures text-right">
        {value ?? (
          <span title="It could not be had" className="text-text3">
            –
          </span>
        )}
      </dd>
    </div>
  );
}

export function Flag({
  flag: { kind, name },
  isNamed = false,
}: {
  readonly flag: Flagged;
  /** Whether it says what it is about, where it does not stand beside it. */
  readonly isNamed?: boolean;
}): ReactNode {
  const { word, sentence, tone } = FLAGS[kind];
  return (
    <span title={sentence} className={`text-xs whitespace-nowrap ${TONES[tone]}`}>
      {isNamed && <span className="mono">{name} </span>}
      {word}
    </span>
  );
}

function Levels({
  support,
  resistance,
}: {
  readonly support: readonly PriceLevel[] | null | undefined;
  readonly resistance: readonly PriceLevel[] | null | undefined;
}): ReactNode {
  const lines = [
    ...(resistance ?? []).toReversed().map((level) => ({ level, word: "Resistance" })),
    ...(support ?? []).map((level) => ({ level, word: "Support" })),
  ];
  return (
    <section aria-label="Levels" className="min-w-0">
      <h3 className="pb-1 text-xs font-medium text-text2">Levels, the highest first</h3>
      {lines.length === 0 ? (
        <p className="text-sm text-text3">none found</p>
      ) : (
        <dl className="text-sm">
          {lines.map(({ level, word }) => (
            <div
              key={`${word} ${level.price}`}
              title="A price where the market turned before"
              className="flex items-baseline justify-between gap-3 py-0.5"
            >
              <dt className="text-text2">
                {word}{" "}
                <span className="text-xs text-text3">
                  {level.touches === 1 ? "once" : `${count(level.touches)} times`}
                </span>
              </dt>
              <dd className="figures" title={decimal(level.price)}>
                {decimal(level.price)}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
