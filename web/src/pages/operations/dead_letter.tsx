/** One dead letter: why it was given up, its bytes, and what was asked for about it. */
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Action, WholeDeadLetter } from "../../generated/rest";
import { ask } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { count } from "../../model/format";
import { Confirm, Dialog } from "../../ui/dialog";
import { Fact, Facts } from "../../ui/facts";
import { Moment } from "../../ui/now";
import { Badge, Copy } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { Answer } from "../../ui/query";
import { LETTER_LOOKS } from "./look";
import { Block, History, Payload, Reason } from "./parts";
import { adviceOf, isHopeless } from "./reasons";
import { Requests } from "./requests";

const EVERY_MS = 3_000;

export function DeadLetter({
  id,
  onClose,
}: {
  readonly id: string;
  readonly onClose: () => void;
}): ReactNode {
  const letter = useAsk(
    "GET /dead-letters/{dead_letter_id}",
    { path: { dead_letter_id: id } },
    { topics: ["system.dead_letter"], everyMs: EVERY_MS },
  );
  return (
    <Dialog title={`Dead letter ${id}`} onClose={onClose} isDrawer>
      <Answer query={letter} rows={8}>
        {(found) => (
          <>
            <Actions letter={found} />
            <About letter={found} />
            <Requests letter={found} />
            <Block title="Error">{found.error === "" ? "none was told" : found.error}</Block>
            <Payload body={found.body} />
          </>
        )}
      </Answer>
    </Dialog>
  );
}

function About({ letter }: { readonly letter: WholeDeadLetter }): ReactNode {
  const advice = adviceOf(letter.reason);
  return (
    <>
      {advice !== null && letter.state === "open" && (
        <Notice tone="warn" title={advice.meaning}>
          {advice.remedy}
        </Notice>
      )}
      <div className="-mx-4">
        <Facts isStacked>
          <Fact name="Reason">
            <Reason code={letter.reason} />
          </Fact>
          <Fact name="Given up by" hint="The queue group whose workers could not handle it">
            <span className="mono">{letter.queue_group}</span>
          </Fact>
          <Fact name="Attempts">{count(letter.attempts)}</Fact>
          <Fact name="Recorded">
            <Moment at={letter.at} />
          </Fact>
          <Fact name="History" hint="The history that its bytes name">
            <History id={letter.correlation_id} />
          </Fact>
          <Fact name="Message" hint="Its place in the stream">
            <span className="figures">#{count(letter.stream_sequence)}</span>
          </Fact>
          <Fact name="Subject" hint="Where it was published">
            <span className="mono break-all">{letter.subject}</span>
          </Fact>
          <Fact name="Bytes">
            <span className="figures">{count(letter.size_bytes)}</span>{" "}
            <Copy text={letter.sha256} what="the SHA-256 of the bytes">
              SHA-256
            </Copy>
          </Fact>
        </Facts>
      </div>
    </>
  );
}

function Actions({ letter }: { readonly letter: WholeDeadLetter }): ReactNode {
  const [asking, setAsking] = useState<Action | null>(null);
  const was = (action: Action): boolean =>
    letter.requests?.some((request) => request.action === action) ?? false;
  const isClosed = letter.state === "resolved" || was("resolve");
  const canRetry = !isClosed && letter.state === "open" && !was("retry");
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Badge look={LETTER_LOOKS[letter.state]} />
      <span className="ml-auto" />
      {canRetry && (
        <button
          type="button"
          className={`button ${isHopeless(letter.reason) ? "" : "button-primary"}`}
          onClick={() => setAsking("retry")}
        >
          Retry…
        </button>
      )}
      {!isClosed && (
        <button type="button" className="button" onClick={() => setAsking("resolve")}>
          Resolve…
        </button>
      )}
      {asking !== null && (
        <Asking letter={letter} action={asking} onClose={() => setAsking(null)} />
      )}
    </div>
  );
}

function Asking({
  letter,
  action,
  onClose,
}: {
  readonly letter: WholeDeadLetter;
  readonly action: Action;
  readonly onClose: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const path = { dead_letter_id: letter.id };
  const act = async (reason: string): Promise<void> => {
    const body = reason === "" ? {} : { reason };
    if (action === "retry") await ask("POST /dead-letters/{dead_letter_id}/retry", { path, body });
    else await ask("POST /dead-letters/{dead_letter_id}/resolve", { path, body });
    await queries.invalidateQueries({ queryKey: ["GET /dead-letters/{dead_letter_id}"] });
  };
  return action === "retry" ? (
    <Confirm
      title={`Retry ${letter.id}`}
      verb="Retry"
      isDangerous={false}
      reason={{ label: "Why it will be handled this time (optional)", isRequired: false }}
      act={act}
      onClose={onClose}
    >
      Its bytes are sent to <span className="mono break-all">{letter.subject}</span> once more, to
      every role that acts on it. Roles that handled them discard the copy. What fails again becomes
      a new dead letter.
    </Confirm>
  ) : (
    <Confirm
      title={`Resolve ${letter.id}`}
      verb="Resolve"
      reason={{ label: "Why nothing is left to do", isRequired: true }}
      act={act}
      onClose={onClose}
    >
      It is closed without being sent again, and stays in the records with your reason. A resolved
      dead letter cannot be opened again.
    </Confirm>
  );
}
