/** Tabs: which one is shown is part of the address, so the page keeps it. */
import { type KeyboardEvent, type ReactNode, useEffect, useId } from "react";
import { count } from "../model/format";

export interface Tab<Key extends string> {
  readonly key: Key;
  readonly name: string;
  readonly count?: number | undefined;
}

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

export function Tabs<Key extends string>({
  label,
  tabs,
  selected,
  onSelect,
  children,
}: {
  readonly label: string;
  readonly tabs: readonly Tab<Key>[];
  readonly selected: Key;
  readonly onSelect: (key: Key) => void;
  /** The panel of the selected tab. */
  readonly children: ReactNode;
}): ReactNode {
  const id = useId();
  useEffect(() => {
    const tab = document.getElementById(`${id}-${selected}`);
    if (tab?.parentElement) showSideways(tab, tab.parentElement);
  }, [id, selected]);
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const place = tabs.findIndex(({ key }) => key === selected) + (STEPS[event.key] ?? 0);
    const next = tabs[(place + tabs.length) % tabs.length];
    if (next === undefined || next.key === selected) return;
    event.preventDefault();
    onSelect(next.key);
    document.getElementById(`${id}-${next.key}`)?.focus();
  };
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div
        role="tablist"
        aria-label={label}
        onKeyDown={move}
        className="flex gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab.key === selected}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === selected ? 0 : -1}
            onClick={() => onSelect(tab.key)}
            className="flex h-9 shrink-0 cursor-pointer items-center gap-2 border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-text2 hover:text-text aria-selected:border-accent aria-selected:text-text"
          >
            {tab.name}
            {tab.count !== undefined && (
              <span className="figures text-xs text-text3">{count(tab.count)}</span>
            )}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${selected}`}>
        {children}
      </div>
    </div>
  );
}

/** Scrolls a list so far that one of its items is seen. The item's own way would scroll the page. */
function showSideways(item: HTMLElement, list: HTMLElement): void {
  const [seen, wanted] = [list.getBoundingClientRect(), item.getBoundingClientRect()];
  if (wanted.left < seen.left) list.scrollLeft -= seen.left - wanted.left;
  else if (wanted.right > seen.right) list.scrollLeft += wanted.right - seen.right;
}
