/** Asks for a run, or for many of them with other parameters. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { Page } from "../../ui/page";
import { Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Form } from "./form";

const route = getRouteApi("/backtests/new");

export function NewBacktestPage(): ReactNode {
  const { like } = route.useSearch();
  return (
    <Page title="New run">{like === undefined ? <Offered /> : <Like key={like} id={like} />}</Page>
  );
}

/** Begins with what another run was asked for. */
function Like({ id }: { readonly id: string }): ReactNode {
  const query = useAsk("GET /backtests/{run_id}", { path: { run_id: id } }, { everyMs: 0 });
  return <Answer query={query}>{(run) => <Offered like={run} />}</Answer>;
}

function Offered({ like }: Pick<Parameters<typeof Form>[0], "like">): ReactNode {
  const strategies = useAsk("GET /strategies", {}, { everyMs: 0 });
  const datasets = useAsk("GET /datasets", { query: { limit: 200 } }, { everyMs: 0 });
  return (
    <Answer query={strategies} rows={6}>
      {({ items: known }) => (
        <Answer query={datasets} rows={6}>
          {({ items }) => {
            const candles = items.filter(({ kind }) => kind === "candles");
            if (known.length === 0 || candles.length === 0) {
              return <Missing what={known.length === 0 ? "strategies" : "data"} />;
            }
            return <Form strategies={known} datasets={candles} like={like} />;
          }}
        </Answer>
      )}
    </Answer>
  );
}

const Missing = ({ what }: { readonly what: "strategies" | "data" }): ReactNode =>
  what === "data" ? (
    <Empty title="There are no candles to run over">
      Import some: <code className="mono">tradewind data import FILE --as WETH/USDC</code>
    </Empty>
  ) : (
    <Empty title="No backtester has told which strategies it has">
      Start one: <code className="mono">tradewind worker backtester</code>
    </Empty>
  );
