/** All pairs beside the one that is looked at. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { INTERVALS, type Interval, isInterval } from "../../model/market/candles";
import type { SymbolDocument } from "../../model/market/contract";
import { useKey } from "../../ui/keys";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { CandlesCard } from "./candles_card";
import { Symbols } from "./symbols";
import { Ticks } from "./ticks";

const route = getRouteApi("/market");
/** No event tells of a price, so it is asked for. */
const EVERY_MS = 5_000;
const MOST = 200;

export function MarketPage(): ReactNode {
  const query = useAsk("GET /market/symbols", { query: { limit: MOST } }, { everyMs: EVERY_MS });
  return (
    <Page title="Market">
      <Answer query={query} rows={6}>
        {({ items }) => <Known symbols={items} />}
      </Answer>
    </Page>
  );
}

function Known({ symbols }: { readonly symbols: readonly SymbolDocument[] }): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const interval: Interval = isInterval(search.interval) ? search.interval : "1m";
  const chosen = symbols.find(({ instrument }) => instrument === search.symbol) ?? symbols[0];
  const choose = (changed: { symbol?: string; interval?: Interval }): void =>
    void navigate({ search: (before) => ({ ...before, ...changed }), replace: true });
  if (chosen === undefined) {
    return (
      <Empty title="No price was recorded yet">
        The recorder keeps the prices that the platform sees; they appear here by themselves.
      </Empty>
    );
  }
  return (
    <>
      {INTERVALS.map((one, place) => (
        <IntervalKey
          key={one}
          number={place + 1}
          interval={one}
          choose={() => choose({ interval: one })}
        />
      ))}
      <div className="grid items-start gap-4 *:min-w-0 xl:grid-cols-[minmax(0,1fr)_360px]">
        <CandlesCard
          symbol={chosen}
          interval={interval}
          choose={(one) => choose({ interval: one })}
        />
        <Ticks symbol={chosen} />
      </div>
      <Card title="Pairs">
        <Symbols
          symbols={symbols}
          selected={chosen.instrument}
          select={(instrument) => choose({ symbol: instrument })}
        />
      </Card>
    </>
  );
}

function IntervalKey({
  number,
  interval,
  choose,
}: {
  readonly number: number;
  readonly interval: Interval;
  readonly choose: () => void;
}): ReactNode {
  useKey(String(number), `Show candles of ${interval}`, choose);
  return null;
}
