/** Which checks were made of a run, and what came of each. */
import type { ReactNode } from "react";
import type { Results } from "../../model/backtests/contract";
import { shortHash } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { Card, Copy } from "../../ui/parts";

const NAMES: Readonly<Record<string, readonly [name: string, says: string]>> = {
  truncation: [
    "Does not look ahead",
    "Its signals are the same where the future is cut off, at several places.",
  ],
  sampled_trades: [
    "Sampled trades",
    "Trades that were decided again with the platform's own rules, to the base unit.",
  ],
};

export function GuardsCard({ results }: { readonly results: Results }): ReactNode {
  const { guards, result_sha256, signals_sha256 } = results;
  return (
    <Card title="Checks">
      <Facts isStacked>
        {Object.entries(guards).map(([guard, outcome]) => (
          <Fact key={guard} name={NAMES[guard]?.[0] ?? guard} hint={NAMES[guard]?.[1] ?? guard}>
            {outcome}
          </Fact>
        ))}
        <Fact name="Result" hint="Over metrics, equity and every trade: equal for equal manifests">
          <Copy text={result_sha256} what="the hash of the result">
            {shortHash(result_sha256)}
          </Copy>
        </Fact>
        <Fact
          name="Signals"
          hint="Over the signals alone: tells floating point apart from execution"
        >
          <Copy text={signals_sha256} what="the hash of the signals">
            {shortHash(signals_sha256)}
          </Copy>
        </Fact>
      </Facts>
    </Card>
  );
}
