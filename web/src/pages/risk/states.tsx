/** Trading states and locks in force, the worst first, and those that were. */
import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { TradingStateDocument, TradingStates } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { parseScope } from "../../model/scopes";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { type Column, Table } from "../../ui/table";
import { acting, COLUMNS, type Doing } from "./state_columns";
import { HaltDialog, ResumeDialog } from "./state_dialogs";

export const STATE_TOPICS = ["system.trading_state_changed"];

export function States({ query }: { readonly query: UseQueryResult<TradingStates> }): ReactNode {
  const [doing, setDoing] = useState<Doing | null>(null);
  const stop = (): void => setDoing(null);
  const columns = [...COLUMNS, acting(setDoing)];
  return (
    <div className="flex flex-col gap-4">
      <Card title="In force">
        <Answer query={query}>
          {({ states }) => (
            <Listed
              label="Trading states in force"
              states={states.filter((one) => !isLock(one))}
              columns={columns}
              empty={<NothingHalted />}
            />
          )}
        </Answer>
      </Card>
      <Card title="Locks">
        <Answer query={query} rows={1}>
          {({ states }) => (
            <Listed
              label="Locks in force"
              states={states.filter(isLock)}
              columns={columns}
              empty={
                <Line>No pair rests. A lock stops one pair until a time, and ends by itself.</Line>
              }
            />
          )}
        </Answer>
      </Card>
      <Earlier />
      {doing?.what === "resume" && <ResumeDialog state={doing.state} onClose={stop} />}
      {doing?.what === "change" && (
        <HaltDialog scope={parseScope(doing.state.scope)} present={doing.state} onClose={stop} />
      )}
    </div>
  );
}

const isLock = ({ scope }: TradingStateDocument): boolean => parseScope(scope).kind === "lock";

const NothingHalted = (): ReactNode => (
  <Empty title="Nothing is halted">
    Whatever risk approves is traded. A halt of everything or of a part of it is shown here.
  </Empty>
);

const Line = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <p className="px-4 py-3 text-text2">{children}</p>
);

function Earlier(): ReactNode {
  const [isShown, show] = useState(false);
  return (
    <Card
      title="Earlier states"
      aside={
        <button
          type="button"
          className="button h-7 px-2"
          aria-expanded={isShown}
          onClick={() => show(!isShown)}
        >
          {isShown ? "Hide" : "Show"}
        </button>
      }
    >
      {isShown ? (
        <Past />
      ) : (
        <Line>The last state of each scope that is not in force any more.</Line>
      )}
    </Card>
  );
}

function Past(): ReactNode {
  const query = useAsk("GET /risk/states", { query: { past: true } }, { topics: STATE_TOPICS });
  return (
    <Answer query={query}>
      {({ states }) => (
        <Listed
          label="Earlier states"
          states={states.filter(({ is_in_force }) => !is_in_force)}
          columns={COLUMNS}
          empty={<Line>No state has ended yet.</Line>}
        />
      )}
    </Answer>
  );
}

function Listed({
  label,
  states,
  columns,
  empty,
}: {
  readonly label: string;
  readonly states: readonly TradingStateDocument[];
  readonly columns: readonly Column<TradingStateDocument>[];
  readonly empty: ReactNode;
}): ReactNode {
  if (states.length === 0) return empty;
  return <Table label={label} columns={columns} rows={states} keyOf={({ scope }) => scope} />;
}
