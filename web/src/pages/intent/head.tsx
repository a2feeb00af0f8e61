/** What the intent is, how it stands, and what can be done about it. */
import type { ReactNode } from "react";
import type { IntentDocument, PlatformEvent } from "../../generated/contracts";
import { isOver } from "../../live/intent_documents";
import { Page } from "../../ui/page";
import { Copy, IntentBadge } from "../../ui/parts";
import { intentOf, wish, wishOf } from "./amounts";
import { CancelButton } from "./cancel";
import { ExportButton } from "./export";

export function IntentHead({
  intent,
  events,
}: {
  readonly intent: IntentDocument;
  readonly events: readonly PlatformEvent[];
}): ReactNode {
  const asked = intentOf(events);
  const title = asked === null ? wishOf(intent.summary) : wish(asked);
  return (
    <Page
      title={title}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <IntentBadge intent={intent} />
          {title}
          <Copy text={intent.intent_id} what="the intent's id">
            <span className="font-normal text-text2">{intent.intent_id}</span>
          </Copy>
        </span>
      }
      aside={
        <>
          <ExportButton correlationId={intent.correlation_id} />
          {!isOver(intent) && <CancelButton intent={intent} />}
        </>
      }
    >
      {null}
    </Page>
  );
}
