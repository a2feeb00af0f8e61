/** Filters with a name: some that everybody needs, and those that a person has saved here. */
import { type IntentFilter, intentFilter } from "./filter";

export interface SavedView {
  readonly name: string;
  readonly filter: IntentFilter;
}

export const MAX_VIEWS = 20;
export const MAX_NAME_LENGTH = 40;
const KEY = "intent-views";

export const COMMON_VIEWS: readonly SavedView[] = [
  {
    name: "Open",
    filter: { state: "submitted,screened,awaiting_approval,accepted,planned,executing" },
  },
  { name: "Outcome unknown", filter: { unknown: true } },
  { name: "Waits for a person", filter: { state: "awaiting_approval" } },
  { name: "Failed today", filter: { state: "failed", time: "today" } },
  { name: "Refused today", filter: { state: "risk_rejected,plan_rejected", time: "today" } },
];

/** Whatever stands in the storage, views come out of it. */
export function savedViews(storage: Pick<Storage, "getItem">): readonly SavedView[] {
  try {
    const found: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.flatMap(viewOf).slice(0, MAX_VIEWS) : [];
  } catch {
    return [];
  }
}

/** The newest first; one of the same name is replaced. */
export function withView(views: readonly SavedView[], view: SavedView): readonly SavedView[] {
  const others = views.filter(({ name }) => name !== view.name);
  return [view, ...others].slice(0, MAX_VIEWS);
}

export const withoutView = (views: readonly SavedView[], name: string): readonly SavedView[] =>
  views.filter((view) => view.name !== name);

export function saveViews(storage: Pick<Storage, "setItem">, views: readonly SavedView[]): void {
  storage.setItem(KEY, JSON.stringify(views));
}

/** The name of the view that a filter is. */
export const nameOf = (views: readonly SavedView[], filter: IntentFilter): string | null =>
  views.find((view) => isSame(view.filter, filter))?.name ?? null;

function isSame(left: IntentFilter, right: IntentFilter): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
}

const sorted = (filter: IntentFilter): readonly unknown[] =>
  Object.entries(intentFilter({ ...filter })).sort(([left], [right]) => (left < right ? -1 : 1));

function viewOf(found: unknown): readonly SavedView[] {
  if (typeof found !== "object" || found === null || !("name" in found)) return [];
  const { name } = found;
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME_LENGTH) return [];
  const filter = "filter" in found ? found.filter : null;
  if (typeof filter !== "object" || filter === null) return [];
  return [{ name, filter: intentFilter(filter as Record<string, unknown>) }];
}
