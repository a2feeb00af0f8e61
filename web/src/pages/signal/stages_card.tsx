/** Where the time went: a bar for each stage, and one for each model's question. */
import type { ReactNode } from "react";
import type { PlatformEvent, SignalDocument } from "../../generated/contracts";
import { isSignalOver } from "../../live/signal_documents";
import { duration } from "../../model/format";
import { extentOf, lengthMs, type StageBar, stageBars } from "../../model/signal_stages";
import { useNow } from "../../ui/now";
import { Card, TONES } from "../../ui/parts";

export function StagesCard({
  events,
  signal,
}: {
  readonly events: readonly PlatformEvent[];
  readonly signal: SignalDocument;
}): ReactNode {
  const tick = useNow();
  const bars = stageBars(events, isSignalOver(signal));
  if (bars.length === 0) return null;
  // The clock of the page ticks once a second: it may be behind the newest event.
  const now = Math.max(tick, ...bars.map(({ from }) => from));
  const [from, to] = extentOf(bars, now);
  return (
    <Card
      title="Stages"
      aside={<span className="figures text-xs text-text3">total {duration(to - from)}</span>}
    >
      <ol className="px-4 py-2">
        {bars.map((bar) => (
          <Row key={bar.key} bar={bar} from={from} length={to - from} now={now} />
        ))}
      </ol>
    </Card>
  );
}

/** However short it was, it can be seen. */
const LEAST_PX = 3;

function Row({
  bar,
  from,
  length,
  now,
}: {
  readonly bar: StageBar;
  readonly from: number;
  readonly length: number;
  readonly now: number;
}): ReactNode {
  const { name, words, isModel, tone, to } = bar;
  const own = lengthMs(bar, now);
  const left = ((bar.from - from) / length) * 100;
  return (
    <li className="grid h-7 grid-cols-[136px_minmax(0,1fr)_76px] items-center gap-3 text-sm max-md:grid-cols-[104px_minmax(0,1fr)_68px] max-md:gap-2">
      <span
        className={`truncate ${isModel ? "pl-4 text-xs text-text2 max-md:pl-2" : ""}`}
        title={words === "" ? name : `${name}: ${words}`}
      >
        {name}
        {words !== "" && <span className="sr-only">: {words}</span>}
      </span>
      <span
        aria-hidden="true"
        className={`relative overflow-hidden rounded bg-line/40 ${isModel ? "h-3" : "h-5"}`}
      >
        <span
          className={`absolute inset-y-0 rounded-sm ${TONES[tone]} ${to === null ? "stripes" : "bg-current"} ${isModel ? "opacity-80" : ""}`}
          style={{
            left: `min(${left}%, calc(100% - ${LEAST_PX}px))`,
            width: `max(${LEAST_PX}px, ${(own / length) * 100}%)`,
          }}
        />
      </span>
      <span className={`figures text-right text-xs ${to === null ? "text-run" : "text-text2"}`}>
        {duration(to === null ? Math.floor(own / 1_000) * 1_000 : own)}
      </span>
    </li>
  );
}
