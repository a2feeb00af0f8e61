/** What led to what: a column for each rank, and curves from cause to effect. */
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import { duration } from "../../model/format";
import { TONES } from "../../ui/parts";
import { type GraphNode, graphOf, RANKS } from "./graph";

export function GraphView({ events }: { readonly events: readonly PlatformEvent[] }): ReactNode {
  const nodes = useMemo(() => graphOf(events), [events]);
  const container = useRef<HTMLDivElement>(null);
  const curves = useCurves(container, nodes);
  const titles = new Map(nodes.map(({ id, title }) => [id, title]));
  const ranks = RANKS.filter((rank) => nodes.some((node) => node.rank === rank));
  return (
    <div className="px-2 pb-4">
      <div
        ref={container}
        className="relative grid gap-x-7 gap-y-3 md:grid-flow-col md:auto-cols-[minmax(0,1fr)]"
      >
        <svg
          aria-hidden="true"
          className="pointer-events-none absolute inset-0 size-full text-edge max-md:hidden"
          fill="none"
          stroke="currentColor"
        >
          {curves.map((curve) => (
            <path key={curve} d={curve} />
          ))}
        </svg>
        {ranks.map((rank) => (
          <div key={rank} className="flex min-w-0 flex-col gap-2">
            <h3 className="text-xs text-text3">{rank}</h3>
            <div className="flex min-w-0 grow flex-col justify-center gap-4 max-md:gap-2">
              {nodes
                .filter((node) => node.rank === rank)
                .map((node) => (
                  <NodeCard key={node.id} node={node} titles={titles} />
                ))}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

function NodeCard({
  node,
  titles,
}: {
  readonly node: GraphNode;
  readonly titles: ReadonlyMap<string, string>;
}): ReactNode {
  const causes = node.causes.map((cause) => titles.get(cause)).join(", ");
  return (
    // What a node says is read one by one with the keyboard, too.
    <article
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it is read, as in a list
      tabIndex={0}
      data-node={node.id}
      aria-label={node.title}
      title={node.event?.topic}
      className="relative z-10 min-w-0 rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs"
    >
      <p className="flex flex-wrap justify-between gap-x-2">
        <span className={`font-medium ${TONES[node.tone]}`}>{node.title}</span>
        {node.afterMs !== null && (
          <span className="figures text-text3">+{duration(node.afterMs)}</span>
        )}
      </p>
      {node.lines.map((line) => (
        <p key={line} className="break-words text-text2">
          {line}
        </p>
      ))}
      {causes !== "" && (
        <p className="text-text3 md:sr-only">
          <span>caused by </span>
          {causes}
        </p>
      )}
    </article>
  );
}

/** The curves between nodes as the browser has laid them out. */
function useCurves(
  container: { readonly current: HTMLElement | null },
  nodes: readonly GraphNode[],
): readonly string[] {
  const [curves, setCurves] = useState<readonly string[]>([]);
  useLayoutEffect(() => {
    const box = container.current;
    if (box === null) return;
    const draw = (): void => setCurves(curvesOf(box, nodes));
    const observer = new ResizeObserver(draw);
    observer.observe(box);
    draw();
    return () => observer.disconnect();
  }, [container, nodes]);
  return curves;
}

function curvesOf(box: HTMLElement, nodes: readonly GraphNode[]): readonly string[] {
  const origin = box.getBoundingClientRect();
  const places = new Map<string, DOMRect>();
  for (const element of box.querySelectorAll<HTMLElement>("[data-node]")) {
    const { x, y, width, height } = element.getBoundingClientRect();
    places.set(element.dataset.node ?? "", new DOMRect(x - origin.x, y - origin.y, width, height));
  }
  return nodes.flatMap(({ id, causes }) =>
    causes.flatMap((cause) => {
      const [from, to] = [places.get(cause), places.get(id)];
      return from && to ? [curve(from, to)] : [];
    }),
  );
}

/** Downwards within a column, else from the right side to the left one. */
function curve(from: DOMRect, to: DOMRect): string {
  if (to.left < from.right) {
    const x = (from.left + from.right) / 2;
    return `M${x} ${from.bottom}V${to.top}`;
  }
  const [y, target] = [(from.top + from.bottom) / 2, (to.top + to.bottom) / 2];
  const middle = (from.right + to.left) / 2;
  return `M${from.right} ${y}C${middle} ${y} ${middle} ${target} ${to.left} ${target}`;
}
