/** All models side by side, and each by itself. */
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import type { Models } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { span } from "../../model/limits";
import { horizonsOf } from "../../model/models";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { CallsCard } from "./calls_card";
import { Compared } from "./compared";
import { ModelCard } from "./model_card";
import { DEFAULT_PERIOD, PERIOD_NAMES, PERIODS, type Period, periodOf } from "./period";
import { UsageCard } from "./usage_card";

const route = getRouteApi("/models");

const TOPICS = ["decision.made", "signal.marked"];

export function ModelsPage(): ReactNode {
  const { horizon, period = DEFAULT_PERIOD } = route.useSearch();
  const since = useSince(period);
  const query = useAsk("GET /models", { query: { since } }, { topics: TOPICS });
  const horizons = horizonsOf(query.data?.items ?? []);
  const chosen = horizons.find((one) => one === horizon) ?? horizons[0];
  return (
    <Page
      title="Models"
      aside={
        <>
          <PeriodChoice chosen={period} />
          {chosen !== undefined && <Horizons horizons={horizons} chosen={chosen} />}
        </>
      }
    >
      <Answer query={query} rows={6}>
        {(models) => <Known models={models} horizon={chosen} since={since} />}
      </Answer>
    </Page>
  );
}

function Known({
  models: { items: models },
  horizon,
  since,
}: {
  readonly models: Models;
  readonly horizon: number | undefined;
  readonly since: string;
}): ReactNode {
  if (models.length === 0) {
    return (
      <Empty title="No model was asked">
        Every model that judges a signal appears here with what it took, cost and promised.
      </Empty>
    );
  }
  return (
    <>
      <UsageCard since={since} />
      <Card title="Side by side">
        <Compared models={models} horizon={horizon} />
      </Card>
      {models.map((model) => (
        <ModelCard key={model.model} model={model} horizon={horizon} />
      ))}
      <CallsCard models={models.map(({ model }) => model)} />
    </>
  );
}

/** The same until somebody chooses, so that a question to the gateway stays the same, too. */
const useSince = (period: Period): string =>
  useMemo(() => new Date(Date.now() - PERIODS[period].ms).toISOString(), [period]);

function PeriodChoice({ chosen }: { readonly chosen: Period }): ReactNode {
  const navigate = route.useNavigate();
  return (
    <select
      aria-label="Time that is counted"
      className="button pr-2"
      value={chosen}
      onChange={(event) =>
        void navigate({
          search: (before) => ({ ...before, period: periodOf(event.target.value) }),
          replace: true,
        })
      }
    >
      {PERIOD_NAMES.map((name) => (
        <option key={name} value={name}>
          {PERIODS[name].name}
        </option>
      ))}
    </select>
  );
}

function Horizons({
  horizons,
  chosen,
}: {
  readonly horizons: readonly number[];
  readonly chosen: number;
}): ReactNode {
  const navigate = route.useNavigate();
  return (
    <select
      aria-label="When decisions are scored"
      className="button pr-2"
      value={chosen}
      onChange={(event) =>
        void navigate({
          search: (before) => ({ ...before, horizon: Number(event.target.value) }),
          replace: true,
        })
      }
    >
      {horizons.map((seconds) => (
        <option key={seconds} value={seconds}>
          Scored after {span(seconds)}
        </option>
      ))}
    </select>
  );
}
