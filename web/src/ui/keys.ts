/** The keyboard: off while somebody types, and while a dialog is open. */
import { useEffect, useEffectEvent } from "react";
import { type Binding, Keymap } from "./keymap";

const keymap = new Keymap();

export const boundKeys = (): readonly Binding[] => keymap.bindings;

/** Bind a key for as long as the component is shown. */
export function useKey(key: string, does: string, act: () => void): void {
  const run = useEffectEvent(act);
  useEffect(() => keymap.bind({ key, does, act: () => run() }), [key, does]);
}

/** Listen to the keyboard; once for the whole page. */
export function useKeyboard(): void {
  useEffect(() => {
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}

function hear(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.repeat || isElsewhere(event)) return;
  const binding = keymap.press(event.key, event.timeStamp);
  if (binding === null) return;
  event.preventDefault();
  binding.act();
}

const isElsewhere = (event: KeyboardEvent): boolean =>
  event.ctrlKey ||
  event.metaKey ||
  event.altKey ||
  (event.target instanceof Element &&
    event.target.closest("input, textarea, select, [contenteditable]") !== null) ||
  document.querySelector("dialog[open]") !== null;

/** Go to the next or previous row of the page: to the link or button in it. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll("main [data-row]")];
  const here = document.activeElement?.closest("[data-row]") ?? null;
  const place = here === null ? (step === 1 ? 0 : rows.length - 1) : rows.indexOf(here) + step;
  const row = rows[place];
  const target = row?.matches("a, button") ? row : row?.querySelector("a, button");
  if (target instanceof HTMLElement) target.focus();
}

/** Go to the filter of the page, if it has one. */
export function focusFilter(): void {
  const filter = document.querySelector("main [data-filter]");
  if (filter instanceof HTMLElement) filter.focus();
}
