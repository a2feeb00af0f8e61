/** What a model was asked, and the bytes it answered with, which admins alone are shown. */
import type { ReactNode } from "react";
import type { DecisionMadeEvent } from "../../generated/contracts";
import type { RawAnswer, RenderedPrompt } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { count, shortHash } from "../../model/format";
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
    <Dialog title={`Said by ${payload.model}`} onClose={onClose} isDrawer>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-text2">
        <span>
          Prompt <span className="mono">{payload.prompt.version}</span>
        </span>
        <Copy text={payload.prompt.sha256} what="the prompt's hash">
          {shortHash(payload.prompt.sha256)}
        </Copy>
      </p>
      <Answer query={query} rows={8}>
        {({ raw_answer, rendered_prompt }) => (
          <>
            <Said raw={raw_answer} />
            <Asked prompt={rendered_prompt} />
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

function Asked({ prompt }: { readonly prompt: RenderedPrompt | null | undefined }): ReactNode {
  if (prompt == null) {
    return (
      <p className="text-sm text-text2">
        The prompt is made of its version and the features alone, which are both in the history.
        Keys of the scope admin are shown its text, where this release still has that version.
      </p>
    );
  }
  return (
    <>
      {!prompt.is_as_asked && (
        <p className="text-sm text-warn">
          The prompt of this version has another hash here than the one that was asked.
        </p>
      )}
      <Code label="What it was told of itself">{prompt.core_text}</Code>
      <Code label="What its vendor's models are told">{prompt.wrapper_text}</Code>
      <Code label="What it was told of the signal">{prompt.data}</Code>
    </>
  );
}

function Said({ raw }: { readonly raw: RawAnswer | null | undefined }): ReactNode {
  if (raw == null) {
    return (
      <p className="text-sm text-text2">
        What it said word for word is shown to keys of the scope admin, where it said anything.
      </p>
    );
  }
  if (raw.text == null) {
    return <p className="text-sm text-text2">What it said is not kept any more.</p>;
  }
  return (
    <>
      <Code label="What it said, word for word">{indented(raw.text)}</Code>
      <p className="figures text-xs text-text3">
        {count(raw.size_bytes)} bytes
        {raw.vendor_request_id != null && `, request ${raw.vendor_request_id} of the vendor`}
      </p>
    </>
  );
}
