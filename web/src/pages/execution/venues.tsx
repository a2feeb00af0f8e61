/** Where swaps are made, and what stops them there. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { PlatformDocument, TradingStateDocument, VenueDocument } from "../../generated/rest";
import { lookOfStanding, lookOfTrading, parseScope, scopeWords } from "../../model/scopes";
import { Badge, Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";
import { HaltDialog, ResumeDialog } from "../risk/state_dialogs";
import { StateControl } from "./state_control";

interface Properties {
  readonly platform: PlatformDocument;
  readonly states: readonly TradingStateDocument[];
}

export function Venues({ platform, states }: Properties): ReactNode {
  const { venues, paper_strategies } = platform;
  return (
    <Card title="Venues">
      <Table label="Venues" columns={columnsOf(states)} rows={venues} keyOf={({ name }) => name} />
      {paper_strategies.length > 0 && (
        <p className="border-t border-line px-4 py-2 text-sm text-text2">
          Strategies called <span className="mono">{paper_strategies.join(", ")}</span> trade on
          paper.
        </p>
      )}
    </Card>
  );
}

const scopeOf = ({ name }: VenueDocument): string => `venue:${name}`;

const columnsOf = (states: readonly TradingStateDocument[]): readonly Column<VenueDocument>[] => [
  {
    name: "Venue",
    phone: "top",
    cell: ({ name, is_default }) => (
      <>
        {name}
        {is_default && <span className="text-text3"> · default</span>}
      </>
    ),
  },
  {
    name: "Money",
    phone: "below",
    cell: ({ kind }) => (kind === "chain" ? "moves on the chain" : "does not move: on paper"),
  },
  {
    name: "State",
    phone: "topEnd",
    cell: (venue) => {
      const state = states.find((one) => one.scope === scopeOf(venue) && one.is_in_force);
      return state === undefined ? <Badge look={lookOfTrading("active")} /> : <Why state={state} />;
    },
  },
  {
    name: "Action",
    isNameHidden: true,
    isFigure: true,
    phone: "belowEnd",
    cell: (venue) => <StateControl scope={scopeOf(venue)} states={states} isBare />,
  },
];

const Why = ({ state }: { readonly state: TradingStateDocument }): ReactNode => (
  <span className="flex items-center gap-2">
    <Badge look={lookOfStanding(state)} />
    <span className="truncate text-text2">{state.reason}</span>
  </span>
);

/** Scopes that a swap is signed or not signed for; the others are about who trades what. */
const EXECUTION_SCOPES: ReadonlySet<string> = new Set([
  "everything",
  "history",
  "chain",
  "venue",
  "wallet",
]);

/** What stops execution now, with the way on. */
export function Standing({ states }: Pick<Properties, "states">): ReactNode {
  const [isHalting, setHalting] = useState(false);
  const [resumed, setResumed] = useState<TradingStateDocument | null>(null);
  const inForce = states.filter(({ is_in_force }) => is_in_force);
  const own = inForce.filter(({ scope }) => EXECUTION_SCOPES.has(parseScope(scope).kind));
  const others = inForce.length - own.length;
  return (
    <Card
      title="State of execution"
      aside={
        <button
          type="button"
          className="button button-danger h-7 px-2"
          onClick={() => setHalting(true)}
        >
          Halt…
        </button>
      }
    >
      {own.length === 0 ? (
        <p className="flex flex-wrap items-center gap-2 px-4 py-3">
          <Badge look={lookOfTrading("active")} />
          <span className="text-text2">What is planned is signed and sent.</span>
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {own.map((state) => (
            <li key={state.scope} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
              <Badge look={lookOfStanding(state)} />
              <span className="font-medium">{scopeWords(state.scope)}</span>
              <span className="min-w-0 grow break-words text-text2">
                {state.reason} · by {state.by}
              </span>
              <button
                type="button"
                className="button h-7 px-2"
                aria-label={`Resume… ${scopeWords(state.scope)}`}
                onClick={() => setResumed(state)}
              >
                Resume…
              </button>
            </li>
          ))}
        </ul>
      )}
      {others > 0 && (
        <p className="border-t border-line px-4 py-2 text-sm text-text2">
          {others === 1 ? "One more state" : `${others} more states`} of portfolios, strategies and
          pairs:{" "}
          <Link to="/risk" className="text-accent underline">
            see Risk
          </Link>
          .
        </p>
      )}
      {isHalting && <HaltDialog onClose={() => setHalting(false)} />}
      {resumed !== null && <ResumeDialog state={resumed} onClose={() => setResumed(null)} />}
    </Card>
  );
}
