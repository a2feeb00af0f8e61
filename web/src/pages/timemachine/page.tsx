/** The slider over the ledger, and everything as of where it stands. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Navigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import type { AsOf } from "../../model/time/contract";
import { Page } from "../../ui/page";
import { Skeleton } from "../../ui/parts";
import { Problem } from "../../ui/problem";
import { Answer } from "../../ui/query";
import { Controls } from "./controls";
import { EventCard } from "./event_card";
import { FlowsCard } from "./flows_card";
import { HeldCards } from "./held_cards";
import { RulesCards } from "./rules_cards";
import { Totals } from "./totals";
import { readAt, useAsOf } from "./use_as_of";

const route = getRouteApi("/time/$sequence");

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

/** The ledger goes on meanwhile. */
const EVERY_MS = 5_000;

const useNewest = () =>
  useQuery({
    queryKey: ["as-of", "now"],
    queryFn: () => readAt(now()),
    gcTime: 0,
    refetchInterval: EVERY_MS,
  });

/** Goes to where the ledger is now. */
export function NewestPage(): ReactNode {
  const query = useNewest();
  return (
    <Page title="Time machine">
      <Answer query={query} rows={8}>
        {({ sequence }) => <Navigate to="/time/$sequence" params={{ sequence }} replace />}
      </Answer>
    </Page>
  );
}

/** The address follows once the slider rests. */
const RESTS_MS = 250;

export function TimePage(): ReactNode {
  const { sequence } = route.useParams();
  const navigate = route.useNavigate();
  const [place, setPlace] = useState(sequence);
  const [told, setTold] = useState(sequence);
  // Somebody followed a link or went back.
  if (told !== sequence) {
    setTold(sequence);
    setPlace(sequence);
  }
  useEffect(() => {
    if (place === told) return;
    const timer = setTimeout(
      () => void navigate({ params: { sequence: place }, replace: true }),
      RESTS_MS,
    );
    return () => clearTimeout(timer);
  }, [place, told, navigate]);
  const { answer, error, isAsking } = useAsOf(place);
  const last = Math.max(useNewest().data?.sequence ?? 0, place);
  return (
    <Page title="Time machine">
      <Controls place={place} last={last} shown={answer} isAsking={isAsking} go={setPlace} />
      {error !== null && <Problem error={error} />}
      {answer === null ? error === null && <Skeleton rows={8} /> : <Stood at={answer} />}
    </Page>
  );
}

const Stood = ({ at }: { readonly at: AsOf }): ReactNode => (
  <>
    <EventCard sequence={at.sequence} />
    <Totals at={at} />
    <div className="grid items-start gap-4 *:min-w-0 lg:grid-cols-2">
      <div className="flex flex-col gap-4 *:min-w-0">
        <FlowsCard at={at} />
      </div>
      <div className="flex flex-col gap-4 *:min-w-0">
        <HeldCards at={at} />
        <RulesCards at={at} />
      </div>
    </div>
  </>
);
