/** One intent, explained: what it asked for, what was decided about it and why, and where it is. */
import { createRoute, Link } from "@tanstack/react-router";
import { type ReactNode, Suspense } from "react";
import { root } from "../../root";
import { Empty, Skeleton } from "../../ui/parts";
import { CriteriaCard } from "./criteria_card";
import { EventsCard } from "./events_card";
import { IntentFacts } from "./facts";
import { IntentHead } from "./head";
import { StageCards } from "./lazy_views";
import { Notices } from "./notices";
import { PageKeys } from "./page_keys";
import { type IntentSearch, intentSearch } from "./search";
import { type Known, useHistory } from "./use_history";

export const intentRoute = createRoute({
  getParentRoute: () => root,
  path: "/intent/$id",
  validateSearch: intentSearch,
  component: IntentPage,
});

const FIRST_ROWS = 8;

function IntentPage(): ReactNode {
  const { id } = intentRoute.useParams();
  return <Explained key={id} id={id} />;
}

function Explained({ id }: { readonly id: string }): ReactNode {
  const known = useHistory(id);
  const search = intentRoute.useSearch();
  const navigate = intentRoute.useNavigate();
  const choose = (chosen: IntentSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...chosen }), replace: true });
  const { intent } = known;
  if (intent === null) return <NotFound known={known} />;
  return (
    <>
      <PageKeys id={id} choose={choose} />
      <IntentHead intent={intent} events={known.events} />
      <Notices intent={intent} known={known} />
      <IntentFacts intent={intent} plan={known.plan} />
      <EventsCard known={known} search={search} choose={choose} />
      <Suspense>
        <StageCards events={known.events} plan={known.plan}>
          <CriteriaCard intent={intent} />
        </StageCards>
      </Suspense>
    </>
  );
}

function NotFound({ known }: { readonly known: Known }): ReactNode {
  switch (known.finding) {
    case "reading":
      return <Skeleton rows={FIRST_ROWS} />;
    case "found":
      return (
        <Empty isPage title="The ledger has no event of it yet">
          This page fills by itself.
        </Empty>
      );
    case "unreachable":
      return (
        <Empty isPage title="The gateway does not answer">
          This page asks again every two seconds and fills by itself.
        </Empty>
      );
    case "unknown":
      return (
        <Empty isPage title="No intent has this id">
          <p>
            Ids have 26 characters; this one is <span className="mono break-all">{known.id}</span>{" "}
            with {known.id.length}. An intent that was submitted a moment ago appears here by
            itself.
          </p>
          <Link to="/intents" className="text-accent underline">
            Go to the list of intents
          </Link>
        </Empty>
      );
  }
}
