/** The pools that are made around the candles: fee tiers, and how deep each is. */
import type { ReactNode } from "react";
import { SelectField, TextField } from "../../ui/field";
import { Icon } from "../../ui/icons";
import { poolFee } from "../intent/gist";
import { type DraftPool, FEE_TIERS, MOST_POOLS } from "./draft";
import type { PartProperties } from "./section";

export function MarketFields({ draft, problems, change }: PartProperties): ReactNode {
  const { pools } = draft;
  const set = (place: number, changed: Partial<DraftPool>): void =>
    change({ pools: pools.map((pool, at) => (at === place ? { ...pool, ...changed } : pool)) });
  return (
    <>
      <p className="text-sm text-text2">
        Candles say nothing of liquidity, so pools are modelled around each price. The arithmetic of
        every swap is exact; how deep a pool is, is your word.
      </p>
      {pools.map((pool, place) => (
        <PoolFields
          // biome-ignore lint/suspicious/noArrayIndexKey: a pool is its place in the form
          key={place}
          pool={pool}
          error={problems[`pools.${place}.depth`]}
          set={(changed) => set(place, changed)}
          remove={
            pools.length > 1
              ? () => change({ pools: pools.filter((_, at) => at !== place) })
              : undefined
          }
        />
      ))}
      {pools.length < MOST_POOLS && (
        <button
          type="button"
          className="button w-fit"
          onClick={() => change({ pools: [...pools, { feePips: "3000", depth: "10000000" }] })}
        >
          Add a pool
        </button>
      )}
    </>
  );
}

function PoolFields({
  pool,
  error,
  set,
  remove,
}: {
  readonly pool: DraftPool;
  readonly error: string | undefined;
  readonly set: (changed: Partial<DraftPool>) => void;
  readonly remove: (() => void) | undefined;
}): ReactNode {
  const tiers = (FEE_TIERS as readonly string[]).includes(pool.feePips)
    ? FEE_TIERS
    : [pool.feePips, ...FEE_TIERS];
  return (
    <div className="grid grid-cols-[104px_minmax(0,1fr)_auto] items-start gap-3">
      <SelectField
        label="Fee"
        value={pool.feePips}
        options={tiers.map((pips) => ({ value: pips, name: poolFee(Number(pips)) }))}
        onChange={(feePips) => set({ feePips })}
      />
      <TextField
        label="Depth"
        type="decimal"
        unit="USD"
        hint="What buys it up by 1 %"
        value={pool.depth}
        error={error}
        onChange={(depth) => set({ depth })}
      />
      <button
        type="button"
        aria-label="Remove this pool"
        disabled={remove === undefined}
        className="button mt-5 h-9 px-2"
        onClick={remove}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
