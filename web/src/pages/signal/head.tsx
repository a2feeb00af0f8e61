/** What the signal asks for, and how it stands. */
import type { ReactNode } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { wishOfSignal } from "../../model/signal_words";
import { Page } from "../../ui/page";
import { Copy } from "../../ui/parts";
import { ExportButton } from "../intent/export";
import { SignalBadge } from "../signals/links";

export function SignalHead({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const title = wishOfSignal(signal);
  return (
    <Page
      title={title}
      heading={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <SignalBadge signal={signal} />
          {title}
          <Copy text={signal.signal_id} what="the signal's id">
            <span className="font-normal text-text2">{signal.signal_id}</span>
          </Copy>
        </span>
      }
      aside={<ExportButton correlationId={signal.correlation_id} />}
    >
      {null}
    </Page>
  );
}
