/** The prompt that a model was asked and the bytes it answered with: shown to admins only. */
import type { ReactNode } from "react";
import type { DecisionMadeEvent } from "../../generated/contracts";
import { useAsk } from "../../live/use_ask";
import { shortHash } from "../../model/format";
import { indented } from "../../model/indented";
import { Dialog } from "../../ui/dialog";
import { Copy } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Code } from "../intent/code";

export function RawDialog({
  event: { eventId, payload },
  onClose,
}: {
  readonly event: DecisionMadeEvent;
  readonly onClose: () => void;
}): ReactNode {
  const query = useAsk("GET /decisions/{decision_id}", { path: { decision_id: eventId } });
  return (
    <Dialog title={`Asked of ${payload.model}`} onClose={onClose} isDrawer>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-text2">
        <span>
          Prompt <span className="mono">{payload.prompt.version}</span>
        </span>
        <Copy text={payload.prompt.sha256} what="the prompt's hash">
          {shortHash(payload.prompt.sha256)}
        </Copy>
      </p>
      <Answer query={query} rows={8}>
        {({ prompt, raw_answer }) => (
          <>
            <Part title="Prompt" text={prompt} />
            <Part title="Answer" text={raw_answer} />
          </>
        )}
      </Answer>
      {payload.rawSha256 != null && (
        <p className="text-xs text-text3">
          The hash of the answer's bytes stays in the history:{" "}
          <Copy text={payload.rawSha256} what="the answer's hash">
            {shortHash(payload.rawSha256)}
          </Copy>
        </p>
      )}
    </Dialog>
  );
}

function Part({
  title,
  text,
}: {
  readonly title: string;
  readonly text: string | null | undefined;
}): ReactNode {
  return (
    <section className="flex flex-col gap-2" aria-label={title}>
      <h3 className="text-sm font-medium">{title}</h3>
      {text == null ? (
        <p className="text-sm text-text2">
          It is not kept any more, or not shown to you: admins see it for as long as it is kept.
        </p>
      ) : (
        <Code label={`${title}, whole`}>{indented(text)}</Code>
      )}
    </section>
  );
}
