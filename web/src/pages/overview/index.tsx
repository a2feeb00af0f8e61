/** How the platform does: what became of intents, what needs a person, and what happens now. */
import { createRoute, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { root } from "../../root";
import { Page } from "../../ui/page";
import { Answer } from "../../ui/query";
import { Activity } from "./activity";
import { Events } from "./events";
import { Figures } from "./figures";
import { Needs } from "./needs";
import { Reasons } from "./reasons";
import { Recent } from "./recent";
import { Stages } from "./stages";
import { useStats } from "./stats";
import { System } from "./system";
import { DEFAULT_SPAN, isSpan, SPAN_NAMES, SPANS, type Span } from "./window";

export const overviewRoute = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: ({ since }: Readonly<Record<string, unknown>>): { since?: Span } =>
    isSpan(since) && since !== DEFAULT_SPAN ? { since } : {},
  component: OverviewPage,
});

function OverviewPage(): ReactNode {
  const { since: span = DEFAULT_SPAN } = overviewRoute.useSearch();
  const stats = useStats(span);
  return (
    <Page title="Overview" aside={<SpanChoice span={span} />}>
      <Needs />
      <Answer query={stats}>
        {(counted) => (
          <>
            <Figures stats={counted} span={span} />
            <Stages stats={counted} />
            <div className="grid gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
              <Activity stats={counted} />
              <Reasons stats={counted} span={span} />
            </div>
          </>
        )}
      </Answer>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Recent />
          <Events />
        </div>
        <System />
      </div>
    </Page>
  );
}

function SpanChoice({ span }: { readonly span: Span }): ReactNode {
  const navigate = useNavigate();
  const choose = (name: string): void => {
    if (isSpan(name)) void navigate({ to: "/", search: { since: name } });
  };
  return (
    <select
      aria-label="Time that is counted"
      className="button pr-2"
      value={span}
      onChange={(event) => choose(event.target.value)}
    >
      {SPAN_NAMES.map((name) => (
        <option key={name} value={name}>
          {SPANS[name].name}
        </option>
      ))}
    </select>
  );
}
