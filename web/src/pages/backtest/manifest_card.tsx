/** Everything a run depends on: the same manifest has the same result. */
import type { ReactNode } from "react";
import type { RunDetail } from "../../model/backtests/contract";
import { pairOf, strategyWord } from "../../model/backtests/look";
import { count, decimal, duration, shortHash } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { Moment } from "../../ui/now";
import { Card, Copy } from "../../ui/parts";
import { Code } from "../intent/code";
import { poolFee } from "../intent/gist";

export function ManifestCard({ run }: { readonly run: RunDetail }): ReactNode {
  const { manifest, manifest_sha256 } = run;
  const { run: asked, bars_total, engine } = manifest;
  return (
    <Card
      title="What it depends on"
      aside={
        <Copy text={manifest_sha256} what="the hash of the manifest">
          {shortHash(manifest_sha256)}
        </Copy>
      }
    >
      <div className="[&_time]:whitespace-normal">
        <Facts>
          <Fact name="Strategy">{strategyWord(run.strategy)}</Fact>
          <Fact name="Parameters">{paramsOf(run)}</Fact>
          <Fact name="Pairs">{asked.instruments.map(pairOf).join(", ")}</Fact>
          <Fact name="From">
            <Moment at={asked.from} />
          </Fact>
          <Fact name="Until">
            <Moment at={asked.to} />
          </Fact>
          <Fact name="Data">{dataOf(run)}</Fact>
          <Fact name="Market" hint="Where pools come from">
            {marketOf(run)}
          </Fact>
          <Fact name="Start">
            {Object.entries(asked.portfolio)
              .map(([symbol, amount]) => `${decimal(amount)} ${symbol}`)
              .join(", ")}
          </Fact>
          <Fact name="Latency" hint="From the decision to the state of arrival">
            {duration(asked.execution?.latency_ms ?? 12_000)}
          </Fact>
          <Fact name="Seed">{asked.seed ?? 0}</Fact>
          <Fact name="Bars">{count(bars_total)}</Fact>
          <Fact name="Engine">{engine}</Fact>
        </Facts>
      </div>
      <details className="border-t border-line px-4 py-2 text-sm">
        <summary className="cursor-pointer text-text2">The whole manifest</summary>
        <div className="py-2">
          <Code label="Manifest">{JSON.stringify(manifest, null, 2)}</Code>
        </div>
      </details>
    </Card>
  );
}

function paramsOf({ manifest }: RunDetail): string {
  const { strategy } = manifest.run;
  const params = "params" in strategy ? Object.entries(strategy.params ?? {}) : [];
  return params.length === 0
    ? "none"
    : params.map(([name, value]) => `${name} ${String(value)}`).join(", ");
}

function dataOf({ manifest }: RunDetail): string {
  const { data } = manifest.run;
  if (!("dataset" in data)) return "as the platform recorded it";
  return "interval" in data ? `${data.dataset}, ${data.interval}` : data.dataset;
}

function marketOf({ manifest }: RunDetail): string {
  const { market } = manifest.run;
  if (market === undefined || market.kind === "recorded") return "as it was recorded";
  if (market.kind !== "constant") return "the shape of a recorded pool";
  return market.pools
    .map(({ fee_pips, depth_usd }) => `${poolFee(fee_pips)} pool, ${count(Number(depth_usd))} deep`)
    .join("; ");
}
