/** The newest prices of a pair as they were seen. */
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { price } from "../../model/format";
import type { SymbolDocument, TickDocument } from "../../model/market/contract";
import { Clock } from "../../ui/now";
import { Card } from "../../ui/parts";
import { Answer } from "../../ui/query";

const SHOWN = 18;
const EVERY_MS = 2_000;

export function Ticks({ symbol }: { readonly symbol: SymbolDocument }): ReactNode {
  const query = useAsk(
    "GET /market/ticks",
    { query: { symbol: symbol.instrument, limit: SHOWN } },
    { everyMs: EVERY_MS },
  );
  return (
    <Card title="Newest ticks" aside={<span className="text-xs text-text3">{symbol.quote}</span>}>
      <Answer query={query} rows={8}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="p-4 text-text2">Ticks are kept for some days; there is none left.</p>
          ) : (
            <TickTable ticks={items} symbol={symbol.symbol} />
          )
        }
      </Answer>
    </Card>
  );
}

const TickTable = ({
  ticks,
  symbol,
}: {
  readonly ticks: readonly TickDocument[];
  readonly symbol: string;
}): ReactNode => (
  <table aria-label={`Ticks of ${symbol}, the newest first`} className="w-full text-sm">
    <thead className="sr-only">
      <tr>
        <th scope="col">Seen</th>
        <th scope="col">Price</th>
        <th scope="col">Source</th>
      </tr>
    </thead>
    <tbody>
      {ticks.map((tick, place) => (
        <tr key={tick.sequence} className="h-7 hover:bg-raised">
          <td className="mono pl-4 text-text2">
            <Clock at={tick.time} />
          </td>
          <td className="figures px-2 text-right" title={tick.price}>
            <Direction tick={tick} before={ticks[place + 1]} />
            {price(tick.price)}
          </td>
          <td
            className="max-w-32 truncate pr-4 text-right text-text3"
            title={tick.block_number === null ? tick.source : `block ${tick.block_number}`}
          >
            {tick.source}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** Which way it went, by a mark as well as by colour. */
function Direction({
  tick,
  before,
}: {
  readonly tick: TickDocument;
  readonly before: TickDocument | undefined;
}): ReactNode {
  const change = before === undefined ? 0 : Number(tick.price) - Number(before.price);
  if (change === 0) return null;
  return (
    <span className={`pr-1 text-xs ${change > 0 ? "text-ok" : "text-bad"}`}>
      <span aria-hidden="true">{change > 0 ? "+" : "\u2212"}</span>
      <span className="sr-only">{change > 0 ? "up" : "down"}</span>
    </span>
  );
}
