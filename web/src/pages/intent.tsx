/** One intent, explained. */
import { useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useIntent } from "../live/live";
import { shortId } from "../model/format";
import { Copy, Empty, IntentBadge } from "../ui/parts";

export function IntentPage(): ReactNode {
  const { id } = useParams({ from: "/intent/$id" });
  const intent = useIntent(id);
  if (intent === undefined) {
    return <Empty title="The ledger has no event of it yet">This page fills by itself.</Empty>;
  }
  return (
    <h1 className="flex items-center gap-3 text-xl font-semibold">
      <IntentBadge intent={intent} />
      {intent.summary.pair}
      <Copy text={id} what="the intent's id">
        {shortId(id)}
      </Copy>
    </h1>
  );
}
