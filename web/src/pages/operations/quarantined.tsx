/** One message that the ledger refused, beside what is recorded in its place. */
import type { ReactNode } from "react";
import type { WholeQuarantined } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { count } from "../../model/format";
import { Dialog } from "../../ui/dialog";
import { Fact, Facts } from "../../ui/facts";
import { Moment } from "../../ui/now";
import { Copy } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { Answer } from "../../ui/query";
import { Block, History, Payload, Reason } from "./parts";
import { adviceOf } from "./reasons";

export function Quarantined({
  id,
  onClose,
}: {
  readonly id: number;
  readonly onClose: () => void;
}): ReactNode {
  const message = useAsk("GET /quarantine/{message_id}", { path: { message_id: String(id) } });
  return (
    <Dialog title={`Quarantine ${id}`} onClose={onClose} isDrawer>
      <Answer query={message} rows={8}>
        {(found) => (
          <>
            <About message={found} />
            <Block title="Detail">{found.detail}</Block>
            <Payload body={found.body} />
            <InItsPlace message={found} />
          </>
        )}
      </Answer>
    </Dialog>
  );
}

function About({ message }: { readonly message: WholeQuarantined }): ReactNode {
  const advice = adviceOf(message.reason);
  return (
    <>
      {advice !== null && (
        <Notice tone="warn" title={advice.meaning}>
          {advice.remedy}
        </Notice>
      )}
      <div className="-mx-4">
        <Facts isStacked>
          <Fact name="Reason">
            <Reason code={message.reason} />
          </Fact>
          <Fact name="Since">
            <Moment at={message.at} />
          </Fact>
          <Fact name="History" hint="The history that its bytes name">
            <History id={message.correlation_id} />
          </Fact>
          {message.sequence != null && (
            <Fact name="Sequence" hint="Its place in the history, as it says">
              {count(message.sequence)}
            </Fact>
          )}
          {message.producer != null && (
            <Fact name="Written by" hint="The producer, as it says">
              <span className="mono break-all">{message.producer}</span>
            </Fact>
          )}
          <Fact name="Message" hint="Its place in the stream">
            <span className="figures">#{count(message.stream_sequence)}</span>
          </Fact>
          <Fact name="Subject" hint="Where it was published">
            <span className="mono break-all">{message.subject}</span>
          </Fact>
          <Fact name="Bytes">
            <span className="figures">{count(message.size_bytes)}</span>{" "}
            <Copy text={message.sha256} what="the SHA-256 of the bytes">
              SHA-256
            </Copy>
          </Fact>
        </Facts>
      </div>
    </>
  );
}

const MAX_EVENTS = 200;

/** What a history has at the place that the message claims. */
function InItsPlace({ message }: { readonly message: WholeQuarantined }): ReactNode {
  const { correlation_id, sequence } = message;
  const isClaimed = correlation_id !== null && sequence != null;
  const history = useAsk(
    "GET /events",
    { query: { correlation_id: correlation_id ?? "", order: "oldest_first", limit: MAX_EVENTS } },
    { isEnabled: isClaimed },
  );
  if (!isClaimed || history.data === undefined) return null;
  const recorded = history.data.items.find(({ event }) => event.sequence === sequence);
  if (recorded === undefined) {
    return <p className="text-text3">The ledger has no event at its place in the history.</p>;
  }
  return (
    <Payload
      title={`What is recorded in its place, event ${count(recorded.global_seq)} of the ledger`}
      body={JSON.stringify(recorded.event)}
    />
  );
}
