/** The list of intents, the newest first; those at the top enter by themselves. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import { live, useIntent, useLive } from "../live/live";
import { ask } from "../live/rest";
import { listAmount, shortId, usd } from "../model/format";
import { Ago } from "../ui/now";
import { Empty, IntentBadge } from "../ui/parts";

const ROW_PX = 36;
const PAGE_ITEMS = 50;

export function IntentsPage(): ReactNode {
  const order = useLive((state) => state.order);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  useEffect(() => {
    void ask("GET /intents", { query: { limit: PAGE_ITEMS } }).then(({ items }) =>
      live.merge(items),
    );
  }, []);
  if (order.length === 0) {
    return (
      <Empty title="No intents yet">
        Submit one, or run <code className="mono">make demo</code>.
      </Empty>
    );
  }
  return (
    <section className="card flex min-w-0 flex-col" aria-label="Intents">
      <div ref={scroller} className="max-h-[75dvh] overflow-auto">
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map((item) => {
            const id = order[item.index];
            return id === undefined ? null : <Row key={id} id={id} top={item.start} />;
          })}
        </div>
      </div>
    </section>
  );
}

function Row({ id, top }: { readonly id: string; readonly top: number }): ReactNode {
  const intent = useIntent(id);
  if (intent === undefined) return null;
  const { summary } = intent;
  const isSale = summary.intent_type === "dispose";
  return (
    <Link
      to="/intent/$id"
      params={{ id }}
      className="absolute grid h-9 w-full grid-cols-[170px_120px_120px_1fr_110px_140px_80px] items-center gap-3 border-b border-line px-4 text-sm hover:bg-raised"
      style={{ transform: `translateY(${top}px)` }}
    >
      <IntentBadge intent={intent} />
      <span className="mono" title={id}>
        {shortId(id)}
      </span>
      <span>{summary.pair}</span>
      <span className="figures text-right" title={summary.amount}>
        {isSale ? "\u2212" : "+"}
        {listAmount(summary.amount)}
      </span>
      <span className="figures text-right">
        {summary.notional_usd ? usd(summary.notional_usd) : ""}
      </span>
      <span className="truncate text-text2">{summary.strategy_id}</span>
      <Ago at={intent.last_event_time} />
    </Link>
  );
}
