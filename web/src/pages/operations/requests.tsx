/** What was asked for about a dead letter, and the events that record that it was done. */
import type { ReactNode } from "react";
import type { ListedEvent, RequestDocument, WholeDeadLetter } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { count } from "../../model/format";
import { Ago, Moment } from "../../ui/now";
import { Payload } from "./parts";
import { isAbout } from "./recorded";

const RECORDING = "system.dead_letter_retried,system.dead_letter_resolved";
const MAX_EVENTS = 200;
/** The ledger may be behind the stream. */
const EVERY_MS = 3_000;
const WORDS = { retry: "Retry", resolve: "Resolution" } as const;

export function Requests({ letter }: { readonly letter: WholeDeadLetter }): ReactNode {
  const requests = letter.requests ?? [];
  const isTouched = requests.length > 0 || letter.state !== "open";
  const since = requests[0]?.requested_at ?? letter.at;
  const events = useAsk(
    "GET /events",
    {
      query: {
        topics: RECORDING,
        from: new Date(since).toISOString(),
        order: "oldest_first",
        limit: MAX_EVENTS,
      },
    },
    { topics: ["system.dead_letter"], everyMs: EVERY_MS, isEnabled: isTouched },
  );
  if (!isTouched) return null;
  const recorded = (events.data?.items ?? []).filter(({ event }) => isAbout(event, letter.id));
  return (
    <section aria-label="What was done" className="flex flex-col gap-2">
      <h3 className="text-xs font-medium text-text2">What was done</h3>
      <ul className="flex flex-col gap-2">
        {requests.map((request) => (
          <Request key={request.action} request={request} />
        ))}
      </ul>
      {recorded.map((one) => (
        <Recorded key={one.global_seq} one={one} />
      ))}
      {recorded.length === 0 && (
        <p className="text-text3">
          The event that records it is not in the ledger yet; it shows here by itself.
        </p>
      )}
    </section>
  );
}

function Request({ request }: { readonly request: RequestDocument }): ReactNode {
  return (
    <li className="rounded border border-line px-3 py-2">
      <p>
        <span className="font-medium">{WORDS[request.action]}</span> requested by{" "}
        <span className="mono">{request.requested_by}</span> <Ago at={request.requested_at} />
        {request.done_at === null ? (
          <span className="text-warn"> · the sweeper has not done it yet</span>
        ) : (
          <span>
            {" · done "}
            <Moment at={request.done_at} />
          </span>
        )}
      </p>
      {request.note !== "" && <p className="break-words text-text2">{request.note}</p>}
    </li>
  );
}

function Recorded({ one }: { readonly one: ListedEvent }): ReactNode {
  return (
    <details className="rounded border border-line px-3 py-2">
      <summary className="cursor-pointer">
        Recorded as <span className="mono">{one.event.topic}</span>, event{" "}
        <span className="figures">{count(one.global_seq)}</span> of the ledger
      </summary>
      <div className="pt-2">
        <Payload title="Event" body={JSON.stringify(one.event)} />
      </div>
    </details>
  );
}
