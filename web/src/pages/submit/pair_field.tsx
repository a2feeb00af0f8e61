/** Chooses a pair: typed letters narrow the list, arrows walk in it, Enter takes one. */
import { type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { price } from "../../model/format";
import { Field } from "../../ui/field";
import { matching, type TradedPair } from "./pairs";
import { feeWords } from "./verdict";

/** More are found by typing. */
const MAX_SHOWN = 50;

interface Properties {
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly pairs: readonly TradedPair[];
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
}

export function PairField({ value, onChange, pairs, hint, error }: Properties): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  /** While it is null the field shows the pair, and the list everything. */
  const [typed, setTyped] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const shown = matching(pairs, typed ?? "").slice(0, MAX_SHOWN);
  const show = (text: string | null): void => {
    setTyped(text);
    setActive(
      text === null
        ? Math.max(
            0,
            shown.findIndex(({ name }) => name === value),
          )
        : 0,
    );
    setOpen(true);
  };
  const choose = (name: string): void => {
    onChange(name);
    setTyped(null);
    setOpen(false);
  };
  const leave = (): void => {
    const exact = pairs.find(({ name }) => name.toLowerCase() === typed?.trim().toLowerCase());
    if (exact) onChange(exact.name);
    setTyped(null);
    setOpen(false);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = shown[active];
    if (step !== undefined) {
      event.preventDefault();
      if (!isOpen) show(null);
      else setActive((active + step + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && isOpen && chosen !== undefined) {
      event.preventDefault();
      choose(chosen.name);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setTyped(null);
      setOpen(false);
    }
  };
  return (
    <Field label="Pair" hint={hint} error={error}>
      {(described) => (
        <div className="relative">
          <input
            {...described}
            ref={input}
            role="combobox"
            aria-expanded={isOpen}
            aria-controls={`${described.id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={isOpen ? `${described.id}-${active}` : undefined}
            className="field pr-9"
            autoComplete="off"
            spellCheck={false}
            placeholder="WETH/USDC"
            value={typed ?? value}
            onChange={(event) => show(event.target.value)}
            onFocus={(event) => event.target.select()}
            onClick={() => show(typed)}
            onBlur={leave}
            onKeyDown={press}
          />
          <Chevron />
          {isOpen && (
            <Choices
              id={described.id}
              pairs={shown}
              active={active}
              value={value}
              choose={choose}
            />
          )}
        </div>
      )}
    </Field>
  );
}

const Chevron = (): ReactNode => (
  <svg
    aria-hidden="true"
    viewBox="0 0 16 16"
    className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-text3"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
  >
    <path d="M4 6l4 4 4-4" />
  </svg>
);

interface Listed {
  readonly id: string;
  readonly pairs: readonly TradedPair[];
  readonly active: number;
  readonly value: string;
  readonly choose: (name: string) => void;
}

function Choices({ id, pairs, active, value, choose }: Listed): ReactNode {
  if (pairs.length === 0) {
    return (
      <p className="card absolute z-10 mt-1 w-full bg-surface px-3 py-2 text-sm text-text2">
        No pair is called so. Two tokens are a pair, such as WETH/USDC.
      </p>
    );
  }
  return (
    <div
      id={`${id}-list`}
      role="listbox"
      aria-label="Choices"
      className="card absolute z-10 mt-1 max-h-72 w-full overflow-auto bg-surface py-1"
    >
      {pairs.map((pair, place) => (
        // The keyboard's way is the input's: focus stays there.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the keys
        // biome-ignore lint/a11y/useFocusableInteractive: the input has the focus
        <div
          key={pair.name}
          id={`${id}-${place}`}
          role="option"
          aria-selected={pair.name === value}
          ref={place === active ? intoView : null}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(pair.name)}
          className={`flex cursor-pointer items-center justify-between gap-3 px-3 py-1.5 text-sm hover:bg-raised aria-selected:font-medium max-md:py-3 ${place === active ? "bg-raised" : ""}`}
        >
          <span>{pair.name}</span>
          <span className="figures text-xs text-text3">{about(pair)}</span>
        </div>
      ))}
    </div>
  );
}

const intoView = (element: HTMLElement | null): void =>
  element?.scrollIntoView({ block: "nearest" });

function about({ price: known, pools: [cheapest] }: TradedPair): string {
  if (cheapest === undefined) return "over another token";
  const fee = `fee ${feeWords(cheapest.fee_pips)}`;
  return known === null ? fee : `${price(known)} · ${fee}`;
}
