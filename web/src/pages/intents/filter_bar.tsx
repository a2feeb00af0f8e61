/** What the list is filtered by. A choice is an address of its own, so the way back undoes it. */
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { live, useLive } from "../../live/live";
import { lookOfState, STATES } from "../../model/words";
import { Icon } from "../../ui/icons";
import { usePhone } from "../../ui/phone";
import {
  type IntentFilter,
  intentFilter,
  isFiltered,
  statesOf,
  TIME_NAMES,
  TIME_SPANS,
} from "./filter";

interface BarProps {
  readonly filter: IntentFilter;
  readonly choose: (filter: IntentFilter) => void;
}

/** On a phone the choices fold away: the list is what somebody came for. */
export function FilterBar({ filter, choose }: BarProps): ReactNode {
  const isPhone = usePhone();
  const chosen = Object.keys(filter).filter((name) => name !== "text").length;
  if (!isPhone) {
    return (
      <search className="flex flex-wrap items-center gap-2">
        <Choices filter={filter} choose={choose} />
        <TextField key={filter.text} filter={filter} choose={choose} />
        {isFiltered(filter) && <Clear choose={choose} />}
      </search>
    );
  }
  return (
    <search className="flex flex-col gap-2">
      <TextField key={filter.text} filter={filter} choose={choose} />
      <details>
        <summary className="flex min-h-[44px] cursor-pointer items-center justify-between gap-2 text-sm text-text2">
          {chosen > 0 ? `Filters (${chosen})` : "Filters"}
          <Icon name="down" />
        </summary>
        <div className="flex flex-wrap items-center gap-2 pb-2">
          <Choices filter={filter} choose={choose} />
        </div>
      </details>
      {isFiltered(filter) && <Clear choose={choose} />}
    </search>
  );
}

const Clear = ({ choose }: Pick<BarProps, "choose">): ReactNode => (
  <button type="button" className="button self-start" onClick={() => choose({})}>
    Clear
  </button>
);

function Choices({ filter, choose }: BarProps): ReactNode {
  const seen = useSeen(filter);
  const change = (changes: IntentFilter): void => choose(intentFilter({ ...filter, ...changes }));
  const states = statesOf(filter);
  return (
    <>
      <Choice
        label="State"
        any="Any state"
        value={filter.state}
        options={[
          ...STATES.map((state) => [state, lookOfState(state).word] as const),
          ...(states.length > 1 ? [[states.join(","), `${states.length} states`] as const] : []),
        ]}
        choose={(state) => change({ state })}
      />
      <Choice
        label="Pair"
        any="Any pair"
        value={filter.pair}
        options={seen.pairs.map(same)}
        choose={(pair) => change({ pair })}
      />
      <Choice
        label="Strategy"
        any="Any strategy"
        value={filter.strategy}
        options={seen.strategies.map(same)}
        choose={(strategy) => change({ strategy })}
      />
      <Choice
        label="Reason"
        any="Any reason"
        value={filter.reason}
        options={seen.reasons.map(same)}
        choose={(reason) => change({ reason })}
      />
      <Choice
        label="Time"
        any="Any time"
        value={filter.time}
        options={TIME_SPANS.map((span) => [span, TIME_NAMES[span]] as const)}
        choose={(time) => change(intentFilter({ ...filter, time }))}
      />
      <label className="flex items-center gap-2 text-sm text-text2">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={filter.unknown === true}
          onChange={(event) => change({ unknown: event.target.checked || undefined })}
        />
        Outcome unknown
      </label>
    </>
  );
}

const same = (text: string): readonly [string, string] => [text, text];

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
      className="field h-8 w-auto max-w-48 text-sm aria-[current]:border-accent max-md:max-w-none max-md:grow"
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

const TYPING_MS = 400;

/** The address changes once somebody has stopped typing. */
function TextField({ filter, choose }: BarProps): ReactNode {
  const [text, setText] = useState(filter.text ?? "");
  useEffect(() => {
    if (text === (filter.text ?? "")) return;
    const timer = setTimeout(() => choose(intentFilter({ ...filter, text })), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, filter, choose]);
  return (
    <input
      type="search"
      data-filter
      className="field h-8 w-52 text-sm max-md:w-full"
      aria-label="Id, hash, strategy, pair, reason or detail"
      placeholder="Id, hash, detail…"
      maxLength={64}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

/** How many of the newest intents say what there is to choose from. */
const MAX_LOOKED_AT = 500;

interface Seen {
  readonly pairs: readonly string[];
  readonly strategies: readonly string[];
  readonly reasons: readonly string[];
}

/** Values that intents of the page have, and the one that is chosen. */
function useSeen({ pair, strategy, reason }: IntentFilter): Seen {
  const order = useLive((state) => state.order);
  return useMemo(() => {
    const summaries = order
      .slice(0, MAX_LOOKED_AT)
      .flatMap((id) => live.documents.get(id)?.summary ?? []);
    return {
      pairs: distinct(pair, ...summaries.map((one) => one.pair)),
      strategies: distinct(strategy, ...summaries.map((one) => one.strategy_id)),
      reasons: distinct(reason, ...summaries.map((one) => one.reason)),
    };
  }, [order, pair, strategy, reason]);
}

const distinct = (...found: readonly (string | null | undefined)[]): readonly string[] =>
  [...new Set(found.filter((one) => typeof one === "string"))].sort();
