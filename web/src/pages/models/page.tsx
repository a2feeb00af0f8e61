/** All models side by side, and each by itself. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { span } from "../../model/limits";
import { horizonsOf, type ModelsDocument } from "../../model/models";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Compared } from "./compared";
import { ModelCard } from "./model_card";

const route = getRouteApi("/models");

const TOPICS = ["decision.made", "signal.marked"];

export function ModelsPage(): ReactNode {
  const { horizon } = route.useSearch();
  const query = useAsk("GET /models", {}, { topics: TOPICS });
  const horizons = horizonsOf(query.data?.models ?? []);
  const chosen = horizons.find((one) => one === horizon) ?? horizons[0];
  return (
    <Page
      title="Models"
      aside={chosen !== undefined && <Horizons horizons={horizons} chosen={chosen} />}
    >
      <Answer query={query} rows={6}>
        {(models) => <Known models={models} horizon={chosen} />}
      </Answer>
    </Page>
  );
}

function Known({
  models: { models },
  horizon,
}: {
  readonly models: ModelsDocument;
  readonly horizon: number | undefined;
}): ReactNode {
  if (models.length === 0) {
    return (
      <Empty title="No model is configured">
        Without one nothing judges a signal. <code className="mono">models.yaml</code> names them.
      </Empty>
    );
  }
  return (
    <>
      <Card title="Side by side">
        <Compared models={models} horizon={horizon} />
      </Card>
      {models.map((model) => (
        <ModelCard key={model.model} model={model} horizon={horizon} />
      ))}
    </>
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
        void navigate({ search: { horizon: Number(event.target.value) }, replace: true })
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
