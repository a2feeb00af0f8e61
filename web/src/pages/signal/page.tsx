/** The page of one signal. */
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useKey } from "../../ui/keys";
import { Empty, Skeleton } from "../../ui/parts";
import { AnswersCard } from "./answers_card";
import { ArithmeticCard } from "./arithmetic_card";
import { EventsCard } from "./events_card";
import { SignalFacts } from "./facts";
import { FeaturesCard } from "./features_card";
import { FollowedCard } from "./followed_card";
import { SignalHead } from "./head";
import { MarksCard } from "./marks_card";
import { Notices } from "./notices";
import { StagesCard } from "./stages_card";
import { toldBy } from "./told";
import { type KnownSignal, useSignalHistory } from "./use_signal_history";

const route = getRouteApi("/signal/$id");

const FIRST_ROWS = 8;

export function SignalPage(): ReactNode {
  const { id } = route.useParams();
  return <Explained key={id} id={id} />;
}

function Explained({ id }: { readonly id: string }): ReactNode {
  const known = useSignalHistory(id);
  const navigate = useNavigate();
  useKey("c", "Copy the signal's id", () => void navigator.clipboard.writeText(id));
  useKey("Escape", "Back to the signals", () => void navigate({ to: "/signals" }));
  const { signal, events } = known;
  if (signal === null) return <NotFound known={known} />;
  const told = toldBy(events);
  return (
    <>
      <SignalHead signal={signal} />
      <Notices signal={signal} />
      <SignalFacts signal={signal} />
      <StagesCard events={events} signal={signal} />
      <AnswersCard decisions={told.decisions} signal={signal} />
      <div className="grid items-start gap-4 *:min-w-0 lg:grid-cols-2">
        <ArithmeticCard concluded={told.concluded} signal={signal} />
        <FollowedCard concluded={told.concluded} signal={signal} />
      </div>
      <MarksCard signal={signal} />
      <FeaturesCard enriched={told.enriched} signal={signal} />
      <EventsCard known={known} />
    </>
  );
}

function NotFound({ known }: { readonly known: KnownSignal }): ReactNode {
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
        <Empty isPage title="No signal has this id">
          <p>
            Ids have 26 characters; this one is <span className="mono break-all">{known.id}</span>{" "}
            with {known.id.length}. A signal that was sent a moment ago appears here by itself.
          </p>
          <Link to="/signals" className="text-accent underline">
            Go to the signals
          </Link>
        </Empty>
      );
  }
}
