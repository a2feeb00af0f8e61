/** One portfolio: what it is worth, holds and did. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ActivityTabs } from "./activity";
import { Portfolio } from "./portfolio";

const route = getRouteApi("/portfolio/$id");

export function PortfolioPage(): ReactNode {
  const { id } = route.useParams();
  const { tab = "fills" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Portfolio key={id} id={id}>
      <ActivityTabs
        id={id}
        selected={tab}
        onSelect={(chosen) => void navigate({ search: { tab: chosen }, replace: true })}
      />
    </Portfolio>
  );
}
