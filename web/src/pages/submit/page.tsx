/** Submits an intent; what would become of it is shown before. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { Page } from "../../ui/page";
import { Card } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Desk } from "./desk";
import { pairsOf } from "./pairs";

const route = getRouteApi("/submit");

/** Prices beside the form are for orientation; those of the preview are asked for it. */
const TOKENS_EVERY_MS = 15_000;

export function SubmitPage(): ReactNode {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tokens = useAsk("GET /tokens", {}, { everyMs: TOKENS_EVERY_MS });
  return (
    <Page title="Submit an intent">
      {tokens.data === undefined ? (
        <Card title="Intent">
          <Answer query={tokens} rows={6}>
            {() => null}
          </Answer>
        </Card>
      ) : (
        <Desk
          search={search}
          pairs={pairsOf(tokens.data)}
          keep={(kept) => void navigate({ search: kept, replace: true })}
          follow={(id) => void navigate({ to: "/intent/$id", params: { id } })}
        />
      )}
    </Page>
  );
}
