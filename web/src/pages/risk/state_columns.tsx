/** The columns of a list of trading states. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TradingStateDocument } from "../../generated/rest";
import { lookOfStanding, parseScope, STATE_SENTENCES, scopeWords } from "../../model/scopes";
import { Ago } from "../../ui/now";
import { Badge } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { Ends } from "./ends";

export interface Doing {
  readonly what: "resume" | "change";
  readonly state: TradingStateDocument;
}

export const acting = (act: (doing: Doing) => void): Column<TradingStateDocument> => ({
  name: "Change",
  isNameHidden: true,
  isFigure: true,
  phone: "more",
  cell: (state) => (
    <span className="inline-flex gap-2">
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`Change… ${scopeWords(state.scope)}`}
        onClick={() => act({ what: "change", state })}
      >
        Change…
      </button>
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`Resume… ${scopeWords(state.scope)}`}
        onClick={() => act({ what: "resume", state })}
      >
        Resume…
      </button>
    </span>
  ),
});

export const COLUMNS: readonly Column<TradingStateDocument>[] = [
  {
    name: "State",
    phone: "top",
    cell: (one) => <Badge look={lookOfStanding(one)} title={STATE_SENTENCES[one.state]} />,
  },
  { name: "Of", phone: "below", cell: ({ scope }) => <ScopeLink scope={scope} /> },
  {
    name: "Reason",
    phone: "more",
    cell: ({ reason, needs_person, is_in_force }) => (
      <span className="whitespace-normal">
        {reason}
        {needs_person && is_in_force && (
          <span className="text-warn"> · set by a rule: a person has to end it</span>
        )}
      </span>
    ),
  },
  { name: "By", phone: "more", cell: ({ by }) => by },
  { name: "Since", isFigure: true, phone: "topEnd", cell: ({ since }) => <Ago at={since} /> },
  {
    name: "Until",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ until, is_in_force }) =>
      is_in_force && <Ends at={until} otherwise="somebody resumes it" />,
  },
];

function ScopeLink({ scope }: { readonly scope: string }): ReactNode {
  const { kind, name } = parseScope(scope);
  const words = scopeWords(scope);
  if (kind !== "portfolio") return <span title={scope}>{words}</span>;
  return (
    <Link to="/portfolio/$id" params={{ id: name }} className="hover:text-accent hover:underline">
      {words}
    </Link>
  );
}
