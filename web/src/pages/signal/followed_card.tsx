/** What followed: the intent and its fill, or what would have been. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import type { DecisionConcluded, SignalDocument } from "../../generated/contracts";
import { live, useIntent } from "../../live/live";
import { readings } from "../../live/rest";
import { decimal, price, shortHash, shortId } from "../../model/format";
import { anyReasonOf } from "../../model/reasons";
import { Fact, Facts } from "../../ui/facts";
import { Ago } from "../../ui/now";
import { Card, Copy, IntentBadge } from "../../ui/parts";

export function FollowedCard({
  concluded,
  signal,
}: {
  readonly concluded: DecisionConcluded | null;
  readonly signal: SignalDocument;
}): ReactNode {
  if (signal.state === "rejected") return null;
  const intentId = signal.conclusion?.intent_id;
  return (
    <Card title="What followed">
      {intentId != null ? (
        <Followed intentId={intentId} />
      ) : (
        <p className="p-4 text-text2">{withoutIntent(signal, concluded)}</p>
      )}
    </Card>
  );
}

function withoutIntent(signal: SignalDocument, concluded: DecisionConcluded | null): string {
  if (concluded === null) return "Nothing yet: it is not concluded.";
  const { amount } = concluded.arithmetic;
  if (concluded.outcome === "observed" && amount != null) {
    return `No intent: its source is only observed. ${decimal(amount)} ${signal.symbol} would have been traded.`;
  }
  return "No intent followed. What the price became is recorded all the same, so that ignoring it can be judged, too.";
}

function Followed({ intentId }: { readonly intentId: string }): ReactNode {
  const intent = useIntent(intentId);
  useEffect(() => {
    void readings.intents.document(intentId).then(
      (document) => live.merge([document]),
      () => undefined,
    );
  }, [intentId]);
  const link = (
    <Link
      to="/intent/$id"
      params={{ id: intentId }}
      title={intentId}
      className="mono text-accent hover:underline"
    >
      {shortId(intentId)}
    </Link>
  );
  if (intent === undefined) {
    return <p className="p-4 text-text2">An intent was submitted: {link}</p>;
  }
  const { summary } = intent;
  const [base = "", quote = ""] = summary.pair.split("/");
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 pt-4">
        <IntentBadge intent={intent} />
        {link}
        <Ago at={intent.last_event_time} />
      </p>
      {summary.reason != null && (
        <p className="px-4 pt-2 text-sm text-text2">
          <span className="mono">{summary.reason}</span>{" "}
          {anyReasonOf(summary.reason)?.sentence ?? summary.detail}
        </p>
      )}
      <Facts>
        <Fact name={summary.intent_type === "acquire" ? "Buys" : "Sells"}>
          <span className="figures">
            {decimal(summary.amount)} <span className="text-text3">{base}</span>
          </span>
        </Fact>
        {summary.average_price != null && (
          <Fact name="Average price" hint="Over all fills, fees of the pools included">
            <span className="figures">
              {price(summary.average_price)} <span className="text-text3">{quote}</span>
            </span>
          </Fact>
        )}
        {summary.tx_hash != null && (
          <Fact name="Transaction">
            <Copy text={summary.tx_hash} what="the transaction's hash">
              {shortHash(summary.tx_hash)}
            </Copy>
          </Fact>
        )}
      </Facts>
    </>
  );
}
