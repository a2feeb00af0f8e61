/** All signals, the newest first, page by page. */
import type { ReactNode } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { SIGNAL_REASONS } from "../../generated/reasons";
import { live } from "../../live/live";
import { usePages } from "../../live/use_pages";
import { decimal, exactPercent } from "../../model/format";
import { lookOfSignalState, SIGNAL_STATES } from "../../model/signal_words";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Card, Empty } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { IntentLink } from "../risk/links";
import { isFiltered, queryOf, type SignalFilter, signalFilter } from "./filter";
import { SignalBadge, SignalLink } from "./links";
import { Votes } from "./votes";

const TOPICS = ["signal.", "decision."];

interface Chosen {
  readonly filter: SignalFilter;
  readonly choose: (filter: SignalFilter) => void;
}

export function AllSignals({ filter, choose }: Chosen): ReactNode {
  const read = usePages("GET /signals", { query: queryOf(filter) }, TOPICS);
  const rows = read.rows?.map(newest);
  return (
    <Card title="All signals">
      <Choices {...{ filter, choose }} seen={rows ?? []} />
      <Pages
        read={{ ...read, rows }}
        label="All signals, the newest first"
        columns={COLUMNS}
        keyOf={({ signal_id }) => signal_id}
        empty={<Nothing {...{ filter, choose }} />}
      />
    </Card>
  );
}

/** What the stream has told since is newer than what was read. */
function newest(read: SignalDocument): SignalDocument {
  const known = live.signals.get(read.signal_id);
  return known !== undefined && known.version > read.version ? known : read;
}

function Choices({
  filter,
  choose,
  seen,
}: Chosen & { readonly seen: readonly SignalDocument[] }): ReactNode {
  const change = (changes: Readonly<Record<string, string | undefined>>): void =>
    choose(signalFilter({ ...filter, ...changes }));
  const { state, source, symbol } = filter;
  return (
    <search className="flex min-w-0 flex-wrap items-center gap-2 border-b border-line px-4 py-2">
      <Choice
        label="State"
        any="Any state"
        value={state}
        options={SIGNAL_STATES.map((one) => [one, lookOfSignalState(one).word] as const)}
        choose={(chosen) => change({ state: chosen })}
      />
      <Choice
        label="Source"
        any="Any source"
        value={source}
        options={distinct(source, ...seen.map((one) => one.source))}
        choose={(chosen) => change({ source: chosen })}
      />
      <Choice
        label="Symbol"
        any="Any symbol"
        value={symbol}
        options={distinct(symbol, ...seen.map((one) => one.symbol))}
        choose={(chosen) => change({ symbol: chosen })}
      />
    </search>
  );
}

const distinct = (...found: readonly (string | undefined)[]) =>
  [...new Set(found.filter((one) => one !== undefined))]
    .sort()
    .map((text) => [text, text] as const);

function Choice({
  label,
  any,
  value,
  options,
  choose,
}: {
  readonly label: string;
  readonly any: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly choose: (value: string | undefined) => void;
}): ReactNode {
  return (
    <select
      aria-label={label}
      data-filter={label === "State" ? true : undefined}
      className="field h-8 w-auto max-w-44 text-sm aria-[current]:border-accent max-md:w-0 max-md:max-w-none max-md:grow max-md:px-1"
      aria-current={value === undefined ? undefined : "true"}
      value={value ?? ""}
      onChange={(event) => choose(event.target.value || undefined)}
    >
      <option value="">{any}</option>
      {options.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Nothing({ filter, choose }: Chosen): ReactNode {
  if (!isFiltered(filter)) {
    return (
      <Empty title="No signals yet">
        A registered source sends them to <code className="mono">POST /signals</code>.
      </Empty>
    );
  }
  return (
    <Empty title="Nothing matches">
      <button type="button" className="button" onClick={() => choose({ stage: filter.stage })}>
        Clear the filter
      </button>
    </Empty>
  );
}

const COLUMNS: readonly Column<SignalDocument>[] = [
  { name: "State", phone: "topEnd", cell: (signal) => <SignalBadge signal={signal} /> },
  { name: "Signal", phone: "top", cell: (signal) => <SignalLink signal={signal} /> },
  { name: "Source", phone: "below", cell: ({ source }) => source },
  {
    name: "Entry",
    isFigure: true,
    hint: "US dollars per unit, as its source says",
    cell: ({ entry_price }) => <span title={entry_price}>{decimal(entry_price)}</span>,
  },
  { name: "Models", cell: ({ decisions }) => <Votes decisions={decisions} /> },
  {
    name: "Score",
    isFigure: true,
    hint: "The weighted mean of signed confidences, and from which on a signal is followed",
    cell: ({ conclusion }) => <Score conclusion={conclusion} />,
  },
  { name: "Reason", cell: (signal) => <Reason signal={signal} /> },
  {
    name: "Intent",
    cell: ({ conclusion }) =>
      conclusion?.intent_id != null && <IntentLink id={conclusion.intent_id} />,
  },
  {
    name: "Last event",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ last_event_time }) => <Ago at={last_event_time} />,
  },
];

function Score({
  conclusion,
}: {
  readonly conclusion: SignalDocument["conclusion"] | undefined;
}): ReactNode {
  const { score, threshold } = conclusion ?? {};
  if (score == null) return null;
  return (
    <span title={threshold == null ? undefined : `threshold ${exactPercent(threshold)}`}>
      {exactPercent(score)}
    </span>
  );
}

function Reason({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const { refusal, conclusion } = signal;
  if (refusal != null) {
    return (
      <span className="mono text-text2" title={SIGNAL_REASONS[refusal.reason].sentence}>
        {refusal.reason}
      </span>
    );
  }
  if (conclusion?.reason == null) return null;
  return (
    <span className="mono text-text2" title={conclusion.detail ?? undefined}>
      {conclusion.reason}
    </span>
  );
}
