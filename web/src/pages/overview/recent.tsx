/** The newest intents, as they come. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { live, useIntent, useLive } from "../../live/live";
import { useAsk } from "../../live/use_ask";
import { listAmount, usd } from "../../model/format";
import { NoIntents } from "../../ui/no_intents";
import { Ago } from "../../ui/now";
import { Card, IntentBadge } from "../../ui/parts";

const SHOWN = 8;

export function Recent(): ReactNode {
  const order = useLive((state) => state.order);
  const { data } = useAsk("GET /intents", { query: { limit: SHOWN } });
  useEffect(() => {
    if (data !== undefined) live.merge(data.items);
  }, [data]);
  return (
    <Card
      title="Recent intents"
      aside={
        <Link to="/intents" className="text-sm text-accent hover:underline">
          All intents
        </Link>
      }
    >
      {order.length === 0 && data !== undefined ? (
        <NoIntents />
      ) : (
        <ul className="divide-y divide-line text-sm">
          {order.slice(0, SHOWN).map((id) => (
            <RecentRow key={id} id={id} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function RecentRow({ id }: { readonly id: string }): ReactNode {
  const intent = useIntent(id);
  if (intent === undefined) return null;
  const { intent_type, amount, pair, notional_usd, strategy_id, reason } = intent.summary;
  const [base, quote] = pair.split("/");
  return (
    <li>
      <Link
        to="/intent/$id"
        params={{ id }}
        data-row
        className="grid h-9 grid-cols-[140px_minmax(0,1fr)_auto] items-center gap-3 px-4 hover:bg-raised max-md:h-14 max-md:grid-cols-[minmax(0,1fr)_auto] max-md:content-center max-md:gap-y-1 md:grid-cols-[140px_minmax(0,1fr)_100px_176px_64px]"
      >
        <IntentBadge intent={intent} />
        <span className="figures truncate max-md:order-3">
          {intent_type === "acquire" ? "Buy" : "Sell"} {listAmount(amount)}{" "}
          <span className="text-text3">{base}</span> {intent_type === "acquire" ? "with" : "for"}{" "}
          {quote}
        </span>
        <span className="figures text-right max-md:order-4">
          {notional_usd ? usd(notional_usd) : ""}
        </span>
        <span className="truncate text-text2 max-md:hidden">
          {reason ? <span className="mono text-text3">{reason}</span> : strategy_id}
        </span>
        <span className="text-right max-md:order-2">
          <Ago at={intent.last_event_time} />
        </span>
      </Link>
    </li>
  );
}
