/** The list of intents, the newest first; those that come enter at the top by themselves. */
import { createRoute } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { root } from "../../root";
import { Page } from "../../ui/page";
import { intentFilter } from "./filter";
import { FilterBar } from "./filter_bar";
import { IntentList } from "./intent_list";
import { ViewBar } from "./view_bar";

export const intentsRoute = createRoute({
  getParentRoute: () => root,
  path: "/intents",
  validateSearch: intentFilter,
  component: IntentsPage,
});

function IntentsPage(): ReactNode {
  const filter = intentsRoute.useSearch();
  const navigate = intentsRoute.useNavigate();
  const choose = (chosen: typeof filter): void => void navigate({ search: chosen });
  return (
    <Page title="Intents" aside={<ViewBar filter={filter} choose={choose} />}>
      <FilterBar filter={filter} choose={choose} />
      <IntentList key={JSON.stringify(filter)} filter={filter} clear={() => choose({})} />
    </Page>
  );
}
