/** The fields of an intent. */
import type { ReactNode } from "react";
import type { IntentConstraints } from "../../generated/rest";
import { price, usd } from "../../model/format";
import { SelectField, TextField } from "../../ui/field";
import { type Draft, type Field, normalized, type Problems, type Side, worth } from "./draft";
import { PairField } from "./pair_field";
import type { TradedPair } from "./pairs";

interface Properties {
  readonly draft: Draft;
  readonly change: (change: Partial<Draft>) => void;
  readonly problems: Problems;
  readonly pairs: readonly TradedPair[];
  readonly pair: TradedPair | undefined;
}

export function Form({ draft, change, problems, pairs, pair }: Properties): ReactNode {
  const text = (field: Exclude<Field, "side" | "style">) => ({
    value: draft[field],
    onChange: (value: string) => change({ [field]: value }),
    error: problems[field],
  });
  return (
    <div className="card flex flex-col gap-4 p-4">
      <SideChoice side={draft.side} pair={pair} onChange={(side) => change({ side })} />
      <PairField {...text("pair")} pairs={pairs} hint={pairHint(pair)} />
      <TextField
        label="Amount"
        type="decimal"
        unit={pair?.base.symbol ?? ""}
        placeholder="0.0"
        hint={valueHint(draft.amount, pair)}
        {...text("amount")}
      />
      <div className="grid grid-cols-2 items-start gap-4 max-sm:grid-cols-1">
        <div className="flex flex-col gap-2">
          <TextField label="Slippage" type="decimal" unit="%" {...text("slippage")} />
          <Presets
            what="Slippage"
            value={draft.slippage}
            presets={SLIPPAGES}
            choose={(slippage) => change({ slippage })}
          />
        </div>
        <div className="flex flex-col gap-2">
          <TextField label="Time window" type="decimal" unit="s" {...text("window")} />
          <Presets
            what="Time window"
            value={draft.window}
            presets={WINDOWS}
            choose={(window) => change({ window })}
          />
        </div>
      </div>
      <div className="grid grid-cols-2 items-start gap-4 max-sm:grid-cols-1">
        <TextField label="Strategy" {...text("strategy")} hint="Who it is submitted for." />
        <TextField
          label="Portfolio"
          placeholder="the strategy's"
          {...text("portfolio")}
          hint="Whose capital and limits it uses."
        />
      </div>
      <SelectField
        label="Execution style"
        value={draft.style}
        onChange={(style) => change({ style })}
        options={STYLE_OPTIONS}
        error={problems.style}
      />
    </div>
  );
}

type Style = NonNullable<IntentConstraints["execution_style"]>;

const STYLE_OPTIONS: readonly { readonly value: Style; readonly name: string }[] = [
  { value: "passive", name: "Passive" },
  { value: "balanced", name: "Balanced" },
  { value: "aggressive", name: "Aggressive" },
];

type Preset = readonly [value: string, name: string];

const SLIPPAGES: readonly Preset[] = [
  ["0.1", "0.1"],
  ["0.5", "0.5"],
  ["1", "1"],
];
const WINDOWS: readonly Preset[] = [
  ["60", "1 min"],
  ["300", "5 min"],
  ["3600", "1 h"],
];

function Presets({
  what,
  value,
  presets,
  choose,
}: {
  readonly what: string;
  readonly value: string;
  readonly presets: readonly Preset[];
  readonly choose: (value: string) => void;
}): ReactNode {
  return (
    <div className="flex gap-1">
      {presets.map(([preset, name]) => (
        <button
          key={preset}
          type="button"
          aria-label={`${what} ${name}`}
          aria-pressed={value.trim() === preset}
          onClick={() => choose(preset)}
          className="figures h-6 cursor-pointer rounded border border-line px-2 text-xs text-text2 hover:border-edge aria-pressed:border-accent aria-pressed:text-accent max-md:flex-1"
        >
          {name}
        </button>
      ))}
    </div>
  );
}

const SIDE_WORDS: readonly (readonly [Side, string])[] = [
  ["acquire", "Buy"],
  ["dispose", "Sell"],
];

function SideChoice({
  side,
  pair,
  onChange,
}: {
  readonly side: Side;
  readonly pair: TradedPair | undefined;
  readonly onChange: (side: Side) => void;
}): ReactNode {
  return (
    <fieldset className="grid grid-cols-2 gap-2">
      <legend className="sr-only">Side</legend>
      {SIDE_WORDS.map(([value, word]) => (
        <label
          key={value}
          className="flex h-9 cursor-pointer items-center justify-center rounded-md border border-edge text-sm font-medium text-text2 has-checked:border-accent has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="side"
            className="sr-only"
            checked={side === value}
            onChange={() => onChange(value)}
          />
          {word} {pair?.base.symbol}
        </label>
      ))}
    </fieldset>
  );
}

function pairHint(pair: TradedPair | undefined): string | undefined {
  if (pair === undefined) return undefined;
  const { base, quote, price: known } = pair;
  if (known === null) return `${base.symbol} is paid for in ${quote.symbol}.`;
  return `1 ${base.symbol} is about ${price(known)} ${quote.symbol}.`;
}

function valueHint(typed: string, pair: TradedPair | undefined): string {
  const amount = normalized(typed);
  if (pair === undefined || amount === null) return "In whole tokens.";
  if (pair.baseUsd === null) return "What it is worth is not known now.";
  return `About ${usd(worth(amount, pair.baseUsd))}.`;
}
