/** Risk: what may be traded, who has to answer, which limits hold, and what they refused. */
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { TradingStateDocument } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { lookOfTrading, STATE_SENTENCES, worstOfEverything } from "../../model/scopes";
import { Page } from "../../ui/page";
import { Badge } from "../../ui/parts";
import { Tabs } from "../../ui/tabs";
import { APPROVAL_TOPICS, Approvals } from "./approvals";
import { Budget } from "./budget";
import { Limits } from "./limits";
import { Policies } from "./policies";
import { RefusedByRule } from "./refused_by_rule";
import { HaltDialog } from "./state_dialogs";
import { STATE_TOPICS, States } from "./states";

const route = getRouteApi("/risk");

const WAITING = { query: { limit: 200 } } as const;

export function RiskPage(): ReactNode {
  const { tab = "states" } = route.useSearch();
  const navigate = route.useNavigate();
  const [isHalting, setHalting] = useState(false);
  const states = useAsk("GET /risk/states", {}, { topics: STATE_TOPICS, everyMs: 15_000 });
  const approvals = useAsk("GET /live/approvals", WAITING, {
    topics: APPROVAL_TOPICS,
    everyMs: 10_000,
  });
  return (
    <Page
      title="Risk"
      heading={<Heading states={states.data?.states} />}
      aside={
        <button type="button" className="button button-danger" onClick={() => setHalting(true)}>
          Halt…
        </button>
      }
    >
      <Tabs
        label="Parts of risk"
        selected={tab}
        onSelect={(chosen) => void navigate({ search: { tab: chosen }, replace: true })}
        tabs={[
          { key: "states", name: "Trading states", count: states.data?.states.length },
          { key: "approvals", name: "Approvals", count: approvals.data?.items.length },
          { key: "limits", name: "Limits" },
          { key: "budget", name: "Budget" },
          { key: "refused", name: "Refused" },
          { key: "policies", name: "Policies" },
        ]}
      >
        {tab === "states" && <States query={states} />}
        {tab === "approvals" && <Approvals query={approvals} />}
        {tab === "limits" && <LimitsTab />}
        {tab === "budget" && <Budget />}
        {tab === "refused" && <RefusedTab />}
        {tab === "policies" && <Policies />}
      </Tabs>
      {isHalting && <HaltDialog onClose={() => setHalting(false)} />}
    </Page>
  );
}

function Heading({
  states,
}: {
  readonly states: readonly TradingStateDocument[] | undefined;
}): ReactNode {
  const worst = states && worstOfEverything(states);
  return (
    <span className="flex flex-wrap items-center gap-3">
      Risk
      {worst && <Badge look={lookOfTrading(worst)} title={STATE_SENTENCES[worst]} />}
    </span>
  );
}

function LimitsTab(): ReactNode {
  const { portfolio } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: string): void =>
    void navigate({ search: { tab: "limits", portfolio: chosen }, replace: true });
  return <Limits portfolio={portfolio} choose={choose} />;
}

function RefusedTab(): ReactNode {
  const { reason } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: string | undefined): void =>
    void navigate({ search: { tab: "refused", reason: chosen } });
  return <RefusedByRule reason={reason} choose={choose} />;
}
