/** One trade of a run, explained as an intent is: its history is made when somebody asks. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import { useAsk } from "../../live/use_ask";
import { fold } from "../../model/fold";
import { useKey } from "../../ui/keys";
import { Page } from "../../ui/page";
import { Empty, IntentBadge } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { Answer } from "../../ui/query";
import { intentOf, wish } from "../intent/amounts";
import { StageCards } from "../intent/cards";
import { EventsCard } from "../intent/events_card";
import { IntentFacts } from "../intent/facts";
import { type IntentSearch, VIEW_NAMES, VIEWS, type View } from "../intent/search";
import type { Known } from "../intent/use_history";

const route = getRouteApi("/backtest/$id/trade/$number");
const NEVER_AGAIN = 0;

export function TradePage(): ReactNode {
  const { id, number } = route.useParams();
  const query = useAsk(
    "GET /backtests/{run_id}/trades/{number}/events",
    { path: { run_id: id, number } },
    { everyMs: NEVER_AGAIN },
  );
  const navigate = route.useNavigate();
  const go = (to: number): void =>
    void navigate({ params: { id, number: String(to) }, search: (before) => before });
  useKey("Escape", "Back to the run", () => {
    void navigate({ to: "/backtest/$id", params: { id } });
  });
  useKey("n", "Next trade", () => go(Number(number) + 1));
  useKey("p", "Previous trade", () => Number(number) > 1 && go(Number(number) - 1));
  return (
    <Answer query={query} rows={8}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty isPage title="There is no such trade">
            <Back id={id} />
          </Empty>
        ) : (
          <Explained
            key={number}
            events={items as readonly PlatformEvent[]}
            id={id}
            number={Number(number)}
            go={go}
          />
        )
      }
    </Answer>
  );
}

const Back = ({ id }: { readonly id: string }): ReactNode => (
  <Link to="/backtest/$id" params={{ id }} className="button">
    All trades of the run
  </Link>
);

function Explained({
  events,
  id,
  number,
  go,
}: {
  readonly events: readonly PlatformEvent[];
  readonly id: string;
  readonly number: number;
  readonly go: (to: number) => void;
}): ReactNode {
  const known = useMemo(() => knownOf(events), [events]);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: IntentSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...chosen }), replace: true });
  const asked = intentOf(events);
  const title = `Trade ${number}${asked === null ? "" : `: ${wish(asked)}`}`;
  return (
    <Page
      title={title}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {known.intent !== null && <IntentBadge intent={known.intent} />}
          {title}
        </span>
      }
      aside={<Steps id={id} number={number} go={go} />}
    >
      {VIEWS.map((view, place) => (
        <ViewKey key={view} number={place + 1} view={view} choose={choose} />
      ))}
      <Notice tone="run" title="A simulated trade">
        No money moved, and the ledger has none of these events: they were made just now, by the
        rules that decide for real, from what the run kept of this trade.
      </Notice>
      {known.intent !== null && <IntentFacts intent={known.intent} plan={known.plan} />}
      <EventsCard known={known} search={search} choose={choose} />
      <StageCards events={events} plan={known.plan} />
    </Page>
  );
}

function knownOf(events: readonly PlatformEvent[]): Known {
  const { intent, plan } = fold(events, "");
  const id = events[0]?.correlationId.replace("intent-", "") ?? "";
  return { id, events, finding: "found", intent, plan };
}

function Steps({
  id,
  number,
  go,
}: {
  readonly id: string;
  readonly number: number;
  readonly go: (to: number) => void;
}): ReactNode {
  return (
    <>
      <Back id={id} />
      <button
        type="button"
        className="button"
        disabled={number <= 1}
        onClick={() => go(number - 1)}
      >
        Previous
      </button>
      <button type="button" className="button" onClick={() => go(number + 1)}>
        Next
      </button>
    </>
  );
}

function ViewKey({
  number,
  view,
  choose,
}: {
  readonly number: number;
  readonly view: View;
  readonly choose: (chosen: IntentSearch) => void;
}): ReactNode {
  useKey(String(number), `Show the view ${VIEW_NAMES[view]}`, () => choose({ view }));
  return null;
}
