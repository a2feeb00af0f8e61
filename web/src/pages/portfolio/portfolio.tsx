/** One portfolio: its figures, what it holds, what limits it, and what it did last. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { PortfolioDetail, PositionDocument } from "../../generated/rest";
import { Refusal } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { count } from "../../model/format";
import { STATE_SENTENCES, scopeWords } from "../../model/scopes";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { Answer } from "../../ui/query";
import { HaltDialog } from "../risk/state_dialogs";
import { LimitsInForce } from "../risk/usage";
import { Balances } from "./balances";
import { Figures } from "./figures";
import { PortfolioState } from "./list";
import { Positions } from "./positions";
import { SellDialog } from "./sell_dialog";

type Doing = { readonly sell: PositionDocument | "everything" } | "halt" | null;

export function Portfolio({
  id,
  children,
}: {
  readonly id: string;
  readonly children: ReactNode;
}): ReactNode {
  const query = useAsk(
    "GET /portfolios/{portfolio_id}",
    { path: { portfolio_id: id } },
    { topics: ["portfolio.", "system.trading_state_changed", "system.risk_limits_applied"] },
  );
  if (query.error instanceof Refusal && query.error.problem.code === "PORTFOLIO_NOT_FOUND") {
    return (
      <Page title={id}>
        <Empty title="Nothing was decided for a portfolio of this name">
          <Link to="/portfolio" className="text-accent underline">
            See all portfolios
          </Link>
        </Empty>
      </Page>
    );
  }
  return (
    <Answer query={query} rows={8}>
      {(portfolio) => <Known portfolio={portfolio}>{children}</Known>}
    </Answer>
  );
}

function Known({
  portfolio,
  children,
}: {
  readonly portfolio: PortfolioDetail;
  readonly children: ReactNode;
}): ReactNode {
  const [doing, setDoing] = useState<Doing>(null);
  const { portfolio_id: id, position_count } = portfolio;
  return (
    <Page
      title={`Portfolio ${id}`}
      heading={
        <span className="flex flex-wrap items-center gap-3">
          <span>
            <Link to="/portfolio" className="text-text3 underline hover:text-text">
              Portfolio
            </Link>
            <span className="px-2 text-text3">/</span>
            {id}
          </span>
          <PortfolioState of={portfolio} />
        </span>
      }
      aside={
        <Actions
          canSell={position_count > 0}
          flatten={() => setDoing({ sell: "everything" })}
          halt={() => setDoing("halt")}
        />
      }
    >
      <Restriction portfolio={portfolio} />
      <Figures portfolio={portfolio} />
      <Holdings portfolio={portfolio} close={(sell) => setDoing({ sell })} />
      {children}
      <Dialogs id={id} doing={doing} onClose={() => setDoing(null)} />
    </Page>
  );
}

function Holdings({
  portfolio,
  close,
}: {
  readonly portfolio: PortfolioDetail;
  readonly close: (position: PositionDocument) => void;
}): ReactNode {
  const { position_count, as_of, limits } = portfolio;
  return (
    <>
      <Card
        title={position_count > 0 ? `Positions (${count(position_count)})` : "Positions"}
        aside={
          <span className="truncate text-xs text-text3 max-sm:hidden">
            at the prices of the last fills, up to event #{count(as_of)}
          </span>
        }
      >
        <Positions portfolio={portfolio} close={close} />
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Card title="Limits in force">
          <LimitsInForce portfolio={portfolio} applied={limits} />
        </Card>
        <Card title="What it has">
          <Balances portfolio={portfolio} />
        </Card>
      </div>
    </>
  );
}

function Dialogs({
  id,
  doing,
  onClose,
}: {
  readonly id: string;
  readonly doing: Doing;
  readonly onClose: () => void;
}): ReactNode {
  if (doing === null) return null;
  if (doing === "halt") {
    return <HaltDialog scope={{ kind: "portfolio", name: id }} onClose={onClose} />;
  }
  return <SellDialog portfolio={id} what={doing.sell} onClose={onClose} />;
}

function Actions({
  canSell,
  flatten,
  halt,
}: {
  readonly canSell: boolean;
  readonly flatten: () => void;
  readonly halt: () => void;
}): ReactNode {
  return (
    <>
      <button type="button" className="button" disabled={!canSell} onClick={flatten}>
        Flatten…
      </button>
      <button type="button" className="button button-danger" onClick={halt}>
        Halt…
      </button>
    </>
  );
}

/** Whose state stops it, and why. */
function Restriction({ portfolio }: { readonly portfolio: PortfolioDetail }): ReactNode {
  const { state, state_scope, state_reason } = portfolio;
  if (state === "active") return null;
  return (
    <Notice tone={state === "halted" ? "bad" : "warn"} title={STATE_SENTENCES[state]}>
      {state_scope !== null && scopeWords(state_scope)}
      {state_reason !== null && `: ${state_reason}`}{" "}
      <Link to="/risk" className="text-accent underline">
        See it on Risk
      </Link>
    </Notice>
  );
}
