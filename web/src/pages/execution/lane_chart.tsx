/** The nonces of a wallet side by side, the newest to the right; arrows walk from one to the next. */
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import type { SlotDocument } from "../../generated/rest";
import { count } from "../../model/format";
import { useNow } from "../../ui/now";
import { TONES } from "../../ui/parts";
import { concernsOf, firstOpen, type Lane, lanesOf, MISSING, PURPOSES, SLOTS } from "./lanes";

interface Properties {
  readonly slots: readonly SlotDocument[];
  readonly selected: number | null;
  readonly select: (nonce: number | null) => void;
}

export function LaneChart({ slots, selected, select }: Properties): ReactNode {
  const lanes = lanesOf(slots);
  const list = useRef<HTMLOListElement>(null);
  const waitedFor = firstOpen(slots);
  const now = useNow();
  const walk = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: 1, ArrowRight: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const focused = document.activeElement;
    if (focused instanceof HTMLButtonElement) buttons[buttons.indexOf(focused) + step]?.focus();
  };
  return (
    // The newest comes first and stands to the right: the view begins there and stays there.
    <ol
      ref={list}
      aria-label="Nonces, the newest first"
      onKeyDown={walk}
      className="flex flex-row-reverse items-end gap-1 overflow-x-auto px-4 pt-3 pb-2"
    >
      {lanes.map((lane, place) => (
        <li key={lane.nonce} className="shrink-0 first:mr-auto">
          <Column
            lane={lane}
            isSelected={lane.nonce === selected}
            isReachable={selected === null ? place === 0 : lane.nonce === selected}
            isWaitedFor={lane.nonce === waitedFor}
            concerns={lane.slot === null ? 0 : concernsOf(lane.slot, now).length}
            toggle={() => select(lane.nonce === selected ? null : lane.nonce)}
          />
        </li>
      ))}
    </ol>
  );
}

function Column({
  lane: { nonce, slot },
  isSelected,
  isReachable,
  isWaitedFor,
  concerns,
  toggle,
}: {
  readonly lane: Lane;
  readonly isSelected: boolean;
  /** One of the columns can be reached by Tab; arrows lead to the others. */
  readonly isReachable: boolean;
  readonly isWaitedFor: boolean;
  readonly concerns: number;
  readonly toggle: () => void;
}): ReactNode {
  const { look } = slot === null ? MISSING : SLOTS[slot.state];
  const name = `Nonce ${count(nonce)}: ${slot === null ? "" : `${PURPOSES[slot.purpose].word}, `}${look.word}`;
  const attempts =
    slot === null || slot.generations.length < 2 ? "" : `, ${slot.generations.length} attempts`;
  return (
    <button
      type="button"
      title={name + attempts}
      aria-label={`${name}${attempts}${isWaitedFor ? ", all higher nonces wait for it" : ""}`}
      aria-pressed={isSelected}
      tabIndex={isReachable ? 0 : -1}
      onClick={toggle}
      className="flex w-11 cursor-pointer flex-col items-center gap-1 rounded-md border border-transparent p-1 hover:bg-raised aria-pressed:border-accent aria-pressed:bg-raised"
    >
      <span className={`h-3 text-xs leading-3 ${concerns > 0 || isWaitedFor ? "text-warn" : ""}`}>
        {isWaitedFor ? "▾" : concerns > 0 ? "!" : ""}
      </span>
      {slot === null ? (
        <span
          className={`grid h-7 w-full place-items-center rounded border border-dashed border-current text-xs ${TONES[look.tone]}`}
        >
          {look.mark}
        </span>
      ) : (
        <Attempts slot={slot} />
      )}
      <span className="figures text-xs text-text3">{count(nonce)}</span>
    </button>
  );
}

/** The newest attempt is above; the one that was mined, or the newest, has the state's colour. */
function Attempts({ slot }: { readonly slot: SlotDocument }): ReactNode {
  const { look } = SLOTS[slot.state];
  const newest = slot.generations.at(-1);
  const decisive = slot.mined_tx_hash ?? newest?.tx_hash;
  return (
    <span className={`flex w-full flex-col-reverse gap-0.5 ${TONES[look.tone]}`}>
      {slot.generations.map(({ tx_hash, purpose }) =>
        tx_hash === decisive ? (
          <span
            key={tx_hash}
            className={`flex h-7 items-center justify-center gap-1 rounded border border-current text-xs font-medium ${look.tone === "unknown" ? "stripes" : "tint"}`}
          >
            <span aria-hidden="true" className="rounded-sm bg-surface px-0.5">
              {look.mark} {PURPOSES[slot.purpose].letter}
            </span>
          </span>
        ) : (
          <span
            key={tx_hash}
            className="grid h-4 place-items-center rounded border border-line text-[10px] leading-none text-text3"
          >
            {purpose === "cancel" ? "cancel" : "replaced"}
          </span>
        ),
      )}
    </span>
  );
}

const LEGEND = ["signed", "broadcast", "mined", "succeeded", "reverted", "cancelled"] as const;

export function Legend(): ReactNode {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 px-4 pb-3 text-xs text-text3">
      {LEGEND.map((state) => {
        const { mark, word, tone } = SLOTS[state].look;
        return (
          <span key={state} className="whitespace-nowrap">
            <span aria-hidden="true" className={TONES[tone]}>
              {mark}
            </span>{" "}
            {word}
          </span>
        );
      })}
      <span className="whitespace-nowrap">S swap</span>
      <span className="whitespace-nowrap">A approval</span>
      <span className="whitespace-nowrap">F filler</span>
      <span className="whitespace-nowrap">▾ all higher nonces wait for it</span>
    </p>
  );
}
