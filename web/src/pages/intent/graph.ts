/** What led to what: the nodes of an intent's graph by rank, and the curves between them. */
import type { ExecutionStep, PlatformEvent } from "../../generated/contracts";
import { count, shortHash, usd } from "../../model/format";
import type { Tone } from "../../model/words";
import { boughtBy, type Sides, tokens, wish } from "./amounts";
import { poolFee, sidesIn, venueWords } from "./gist";

export const RANKS = ["Intent", "Risk", "Plan", "Route", "Transaction", "Fill", "Outcome"] as const;

export type Rank = (typeof RANKS)[number];

export interface GraphNode {
  readonly id: string;
  readonly rank: Rank;
  readonly title: string;
  readonly lines: readonly string[];
  readonly tone: Tone;
  /** The event that it shows, if it is one. */
  readonly event: PlatformEvent | null;
  /** Milliseconds since the event before it. */
  readonly afterMs: number | null;
  /** Ids of the nodes that led to it. */
  readonly causes: readonly string[];
}

export function graphOf(events: readonly PlatformEvent[]): readonly GraphNode[] {
  const building = new Building(sidesIn(events));
  for (const event of events) building.add(event);
  return building.nodes;
}

type Submitted = Extract<PlatformEvent, { topic: "exec.step_signed" | "exec.step_submitted" }>;

class Building {
  readonly nodes: GraphNode[] = [];
  readonly #sides: Sides | null;
  /** What the next node follows from. */
  #tips: readonly string[] = [];
  #before: PlatformEvent | null = null;
  readonly #transactions = new Map<string, string>();
  #fills: string[] = [];

  constructor(sides: Sides | null) {
    this.#sides = sides;
  }

  add(event: PlatformEvent): void {
    switch (event.topic) {
      case "intent.submitted":
        this.#put(event, "Intent", "Intent", "idle", [
          wish(event.payload.intent),
          `by ${event.payload.intent.strategy_id}`,
        ]);
        break;
      case "plan.created":
        this.#addPlan(event);
        break;
      case "exec.step_signed":
      case "exec.step_submitted":
        this.#addTransaction(event);
        break;
      case "exec.step_filled":
        this.#addFill(event);
        break;
      default:
        this.#addVerdict(event);
        this.#addEnd(event);
    }
    this.#before = event;
  }

  #addVerdict(event: PlatformEvent): void {
    switch (event.topic) {
      case "risk.screened":
        this.#put(event, "Risk", "Passed", "ok", [usd(event.payload.notionalUsd), "instrument"]);
        break;
      case "risk.approved":
        this.#put(event, "Risk", "Approved", "ok", [usd(event.payload.notionalUsd), by(event)]);
        break;
      case "risk.approval_required":
        this.#put(event, "Risk", "Waits for a person", "warn", [
          `more than ${usd(event.payload.thresholdUsd)}`,
        ]);
        break;
      case "risk.rejected":
        this.#put(event, "Risk", "Refused", "warn", [event.payload.reason, by(event)]);
    }
  }

  #addPlan(event: Extract<PlatformEvent, { topic: "plan.created" }>): void {
    const [step] = event.payload.steps;
    if (!step) return;
    const least = `at least ${tokens(step.min_out, boughtBy(step), 4)}`;
    this.#put(event, "Plan", "Plan", "run", [venueWords(step.venue), least]);
    const plan = this.#tips;
    this.#tips = event.payload.steps.flatMap((one, at) => this.#addPools(one, at, plan));
  }

  /** One node for each pool; the second of two hops follows from the first. */
  #addPools(step: ExecutionStep, at: number, plan: readonly string[]): readonly string[] {
    const { route } = step;
    const pools = route.legs?.length ? route.legs : [route];
    const ids: string[] = [];
    for (const [place, pool] of pools.entries()) {
      const id = `pool-${at}-${place}`;
      const last = ids.at(-1);
      const causes = route.path === "two_hop" && last !== undefined ? [last] : plan;
      const lines = [shortHash(pool.pool), ticks(pool.ticks_crossed)];
      const title = `Pool ${poolFee(pool.fee_pips)}`;
      this.nodes.push({
        ...{ id, rank: "Route", title, lines, tone: "run" },
        ...{ event: null, afterMs: null, causes },
      });
      ids.push(id);
    }
    return route.path === "two_hop" ? ids.slice(-1) : ids;
  }

  /** Signing and sending are two events of one transaction, which is told once. */
  #addTransaction(event: Submitted): void {
    const { txHash } = event.payload;
    if (this.#transactions.has(txHash)) return;
    const how =
      event.topic === "exec.step_signed"
        ? `nonce ${event.payload.nonce}`
        : event.payload.venue === "simulated"
          ? "simulated"
          : "";
    const lines = [shortHash(txHash), how].filter((line) => line !== "");
    this.#transactions.set(txHash, event.eventId);
    this.#put(event, "Transaction", "Transaction", "run", lines);
  }

  #addFill(event: Extract<PlatformEvent, { topic: "exec.step_filled" }>): void {
    const { step, amountOut, fillIndex, blockNumber, txHash } = event.payload;
    const cause = this.#transactions.get(txHash);
    const lines = [`+${tokens(amountOut, boughtBy(step), 4)}`, `block ${count(blockNumber)}`];
    this.#put(event, "Fill", `Fill ${fillIndex + 1}`, "ok", lines, cause ? [cause] : this.#tips);
    this.#fills = [...this.#fills, event.eventId];
    this.#tips = this.#fills;
  }

  #addEnd(event: PlatformEvent): void {
    switch (event.topic) {
      case "exec.completed": {
        const { amountOut } = event.payload;
        const all = this.#sides ? `+${tokens(amountOut, this.#sides.received, 4)}` : "";
        this.#put(event, "Outcome", "Completed", "ok", [all, "settled"]);
        break;
      }
      case "exec.failed":
        this.#put(event, "Outcome", "Failed", "bad", [event.payload.reason]);
        break;
      case "plan.rejected":
        this.#put(event, "Plan", "No plan", "warn", [event.payload.reason]);
        break;
      case "intent.expired":
        this.#put(event, "Outcome", "Expired", "off", ["its time window closed"]);
        break;
      case "intent.cancelled":
        this.#put(event, "Outcome", "Cancelled", "off", [`by ${event.payload.requestedBy}`]);
    }
  }

  #put(
    event: PlatformEvent,
    rank: Rank,
    title: string,
    tone: Tone,
    lines: readonly string[],
    causes = this.#tips,
  ): void {
    const afterMs = this.#before && millisecondsBetween(this.#before, event);
    this.nodes.push({ id: event.eventId, rank, title, lines, tone, event, afterMs, causes });
    this.#tips = [event.eventId];
  }
}

const by = ({ producer }: PlatformEvent): string =>
  producer === "portfolio" ? "portfolio" : "instrument";

const ticks = (crossed: number): string =>
  crossed === 1 ? "1 tick crossed" : `${crossed} ticks crossed`;

const millisecondsBetween = (earlier: PlatformEvent, later: PlatformEvent): number =>
  Math.max(0, Date.parse(later.timestamp) - Date.parse(earlier.timestamp));
