/** What needs an operator: roles, and everything that was set aside. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { BacklogDocument } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { Page } from "../../ui/page";
import { type Tab, Tabs } from "../../ui/tabs";
import { DeadLetters } from "./dead_letters";
import { Events } from "./events";
import { Parked } from "./parked";
import { Quarantine } from "./quarantine";
import { Roles } from "./roles";
import type { TabKey } from "./search";
import { Stalled } from "./stalled";

const route = getRouteApi("/ops/$tab");

/** Lag is told by no event. */
const EVERY_MS = 5_000;

export function OperationsPage(): ReactNode {
  const { tab } = route.useParams();
  const navigate = route.useNavigate();
  const roles = useAsk("GET /roles", {}, { topics: ["system.dead_letter"], everyMs: EVERY_MS });
  const select = (key: TabKey): void => void navigate({ params: { tab: key }, search: {} });
  return (
    <Page title="Operations">
      <Tabs
        label="Operations"
        tabs={tabsOf(roles.data?.backlogs ?? null)}
        selected={tab}
        onSelect={select}
      >
        {tab === "roles" && <Roles roles={roles} />}
        {tab === "dead-letters" && <DeadLetters />}
        {tab === "quarantine" && <Quarantine />}
        {tab === "parked" && <Parked />}
        {tab === "stalled" && <Stalled />}
        {tab === "events" && <Events />}
      </Tabs>
    </Page>
  );
}

const tabsOf = (waiting: BacklogDocument | null): readonly Tab<TabKey>[] => [
  { key: "roles", name: "Roles" },
  { key: "dead-letters", name: "Dead letters", count: waiting?.open_dead_letters },
  { key: "quarantine", name: "Quarantine", count: waiting?.quarantined },
  { key: "parked", name: "Parked", count: waiting?.parked },
  { key: "stalled", name: "Stalled", count: waiting?.stalled },
  { key: "events", name: "Platform events" },
];
