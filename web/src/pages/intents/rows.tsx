/** An intent in one row, or in two lines on a phone. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { IntentDocument } from "../../generated/contracts";
import { useIntent } from "../../live/live";
import { listAmount, shortId, usd } from "../../model/format";
import { anyReasonOf } from "../../model/reasons";
import { Ago } from "../../ui/now";
import { IntentBadge } from "../../ui/parts";

interface RowProps {
  readonly id: string;
  readonly open: (id: string) => void;
}

export function WideRow({ id, place, open }: RowProps & { readonly place: number }): ReactNode {
  const intent = useIntent(id);
  if (intent === undefined) return null;
  const { summary } = intent;
  return (
    <tr
      data-row
      aria-rowindex={place}
      className="relative hover:bg-raised has-focus-visible:bg-raised *:h-[36px] *:overflow-hidden *:border-b *:border-line *:px-2 *:py-0 *:text-ellipsis *:whitespace-nowrap *:first:pl-4 *:last:pr-4"
    >
      <td>
        <IntentBadge intent={intent} />
      </td>
      <td>
        <IntentLink id={id} open={open} />
      </td>
      <td>{summary.pair}</td>
      <td className="text-right">
        <SignedAmount intent={intent} />
      </td>
      <td className="figures text-right">{summary.notional_usd && usd(summary.notional_usd)}</td>
      <td className="text-text2" title={summary.strategy_id}>
        {summary.strategy_id}
      </td>
      <td>
        <Reason code={summary.reason} />
      </td>
      <td className="text-right">
        <Ago at={intent.last_event_time} />
      </td>
    </tr>
  );
}

export function PhoneRow({ id, open }: RowProps): ReactNode {
  const intent = useIntent(id);
  if (intent === undefined) return null;
  const { summary } = intent;
  return (
    <li
      data-row
      className="relative flex h-[56px] flex-col justify-center gap-1 border-b border-line px-4 text-sm has-focus-visible:bg-raised"
    >
      <span className="flex items-center justify-between gap-3">
        <span className="flex min-w-0 items-center gap-2">
          <IntentBadge intent={intent} />
          <IntentLink id={id} open={open} />
        </span>
        <Ago at={intent.last_event_time} />
      </span>
      <span className="flex items-center justify-between gap-3">
        <SignedAmount intent={intent} />
        <span className="min-w-0 truncate text-xs text-text3">
          {summary.reason ?? summary.pair}
        </span>
      </span>
    </li>
  );
}

/** The whole row leads to the intent. */
const IntentLink = ({ id, open }: RowProps): ReactNode => (
  <Link
    to="/intent/$id"
    params={{ id }}
    data-intent={id}
    title={id}
    onClick={() => open(id)}
    className="mono after:absolute after:inset-0"
  >
    {shortId(id)}
  </Link>
);

/** Bought is +, sold is −, in tokens of base. */
function SignedAmount({ intent }: { readonly intent: IntentDocument }): ReactNode {
  const { amount, intent_type, pair } = intent.summary;
  const [base] = pair.split("/");
  return (
    <span className="figures" title={`${amount} ${base}`}>
      {intent_type === "dispose" ? "\u2212" : "+"}
      {listAmount(amount)} <span className="text-text3">{base}</span>
    </span>
  );
}

function Reason({ code }: { readonly code: string | null | undefined }): ReactNode {
  if (code == null) return null;
  return (
    <span className="mono text-text2" title={anyReasonOf(code)?.sentence ?? code}>
      {code}
    </span>
  );
}
