/** What of the page stands below, or few look at first: its code comes after the rest. */
import { lazy } from "react";
import { loaded } from "../../ui/lazy_page";

const graph = () => import("./graph_view");
const cards = () => import("./cards");
const json = () => import("./json_view");

export const GraphView = lazy(async () => ({ default: (await loaded(graph)).GraphView }));
export const StageCards = lazy(async () => ({ default: (await loaded(cards)).StageCards }));
export const JsonView = lazy(async () => ({ default: (await loaded(json)).JsonView }));

/** Once the page stands, so that nothing is missing while nobody answers. */
export function preloadViews(): void {
  for (const load of [cards, graph, json]) void load().catch(() => undefined);
}
