/** Signals: what is on its way, the stuck first, and all there were. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useOpenSignals } from "../../live/use_open_signals";
import { loadOf } from "../../model/pipeline";
import { Page } from "../../ui/page";
import { Problem } from "../../ui/problem";
import { AllSignals } from "./all_signals";
import type { SignalFilter } from "./filter";
import { OpenSignals } from "./open_signals";
import { Pipeline } from "./pipeline";

const route = getRouteApi("/signals");

export function SignalsPage(): ReactNode {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (chosen: SignalFilter): void => void navigate({ search: chosen });
  const { open, error, retry } = useOpenSignals();
  const { stage } = filter;
  const shown = stage === undefined ? open : open.filter((one) => one.stage === stage);
  return (
    <Page title="Signals">
      {error !== null && <Problem error={error} retry={retry} />}
      <Pipeline
        load={loadOf(open)}
        selected={stage}
        select={(chosen) => void navigate({ search: { ...filter, stage: chosen }, replace: true })}
      />
      <OpenSignals open={shown} isWhole={stage === undefined} />
      <AllSignals filter={filter} choose={choose} />
    </Page>
  );
}
