/** What it starts with, how much a signal trades, and how orders are filled. */
import type { ReactNode } from "react";
import type { DatasetDocument } from "../../model/backtests/contract";
import { TextField } from "../../ui/field";
import { Check, type PartProperties } from "./section";

export function TermFields({
  draft,
  dataset,
  problems,
  change,
}: PartProperties & { readonly dataset: DatasetDocument | undefined }): ReactNode {
  const quote = dataset?.instrument?.split("-")[2] ?? "";
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Start with"
          type="decimal"
          unit={quote}
          value={draft.cash}
          error={problems.cash}
          onChange={(cash) => change({ cash })}
        />
        <TextField
          label="A signal trades"
          type="decimal"
          hint="The share of its cash or position; 1 is all"
          value={draft.fraction}
          error={problems.fraction}
          onChange={(fraction) => change({ fraction })}
        />
        <TextField
          label="Latency"
          type="decimal"
          unit="s"
          hint="From a candle's close to the swap; 12 is a block"
          value={draft.latencySeconds}
          error={problems.latencySeconds}
          onChange={(latencySeconds) => change({ latencySeconds })}
        />
        <TextField
          label="Slippage at most"
          type="decimal"
          unit="%"
          hint="More than that reverts, and pays its gas"
          value={draft.maxSlippage}
          error={problems.maxSlippage}
          onChange={(maxSlippage) => change({ maxSlippage })}
        />
        <TextField
          label="Seed"
          type="decimal"
          hint="The same one has the same result"
          value={draft.seed}
          error={problems.seed}
          onChange={(seed) => change({ seed })}
        />
      </div>
      <Check
        label="Hold it to the limits of risk that are in force now"
        isChecked={draft.areLimitsCurrent}
        onChange={(areLimitsCurrent) => change({ areLimitsCurrent })}
      />
    </>
  );
}
