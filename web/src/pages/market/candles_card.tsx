/** Candles of a pair, as far as they have come. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ask } from "../../live/rest";
import { count } from "../../model/format";
import { INTERVALS, INTERVALS_MS, type Interval, isInterval } from "../../model/market/candles";
import type { SymbolDocument } from "../../model/market/contract";
import { CandleChart } from "../../ui/charts/candle_chart";
import { Card, Empty } from "../../ui/parts";
import { usePhone } from "../../ui/phone";
import { Answer } from "../../ui/query";
import { Select } from "../../ui/select";

const WIDE_CANDLES = 160;
const PHONE_CANDLES = 60;
const LEAST_PAUSE_MS = 5_000;
const MOST_PAUSE_MS = 60_000;

export function CandlesCard({
  symbol,
  interval,
  choose,
}: {
  readonly symbol: SymbolDocument;
  readonly interval: Interval;
  readonly choose: (interval: Interval) => void;
}): ReactNode {
  const limit = usePhone() ? PHONE_CANDLES : WIDE_CANDLES;
  const asked = { symbol: symbol.instrument, interval, limit };
  const query = useQuery({
    queryKey: ["GET /market/candles", asked],
    queryFn: ({ signal }) => ask("GET /market/candles", { query: asked, signal }),
    refetchInterval: Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, INTERVALS_MS[interval] / 12)),
    // The same pair in other candles takes the place of what is shown; another pair does not.
    placeholderData: (before) =>
      before?.instrument === symbol.instrument ? keepPreviousData(before) : undefined,
  });
  return (
    <Card title={symbol.symbol} aside={<IntervalChoice chosen={interval} choose={choose} />}>
      <Answer query={query} rows={9}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No candle yet">The first one appears within its minute.</Empty>
          ) : (
            <div className="flex flex-col gap-2 p-4 max-md:p-3">
              <CandleChart page={page} quote={symbol.quote} />
              {page.gaps.length > 0 && (
                <p className="text-xs text-text3">
                  {page.gaps.length === 1 ? "One gap" : `${count(page.gaps.length)} gaps`}, striped:
                  nobody saw a price then.
                </p>
              )}
            </div>
          )
        }
      </Answer>
    </Card>
  );
}

/** Six buttons side by side are wider than a phone's card. */
function IntervalChoice({
  chosen,
  choose,
}: {
  readonly chosen: Interval;
  readonly choose: (interval: Interval) => void;
}): ReactNode {
  if (usePhone()) {
    return (
      <Select
        label="Length of a candle"
        value={chosen}
        options={INTERVALS.map((interval) => [interval, interval])}
        choose={(interval) => isInterval(interval) && choose(interval)}
      />
    );
  }
  return (
    <fieldset className="flex gap-1">
      <legend className="sr-only">Length of a candle</legend>
      {INTERVALS.map((interval, place) => (
        <button
          key={interval}
          type="button"
          aria-pressed={interval === chosen}
          title={`${interval} (${place + 1})`}
          className="button h-7 px-2 text-xs text-text2 aria-pressed:border-accent aria-pressed:text-text"
          onClick={() => choose(interval)}
        >
          {interval}
        </button>
      ))}
    </fieldset>
  );
}
