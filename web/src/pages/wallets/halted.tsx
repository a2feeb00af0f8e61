/** Why a wallet signs nothing, and what makes it sign again. */
import type { ReactNode } from "react";
import type { DriftRecord, WalletState } from "../../generated/rest";
import { Copy } from "../../ui/parts";
import { Notice } from "../../ui/problem";
import { CAUSES } from "./causes";
import { freezing, shownReason } from "./drift";
import { WALLET_LOOKS, WALLET_SENTENCES } from "./look";

const RESUME = "tradewind wallet resume";

export function Halted({
  state,
  reason,
  records,
}: {
  readonly state: WalletState;
  readonly reason: string;
  readonly records: readonly DriftRecord[];
}): ReactNode {
  const causes = new Set(records.flatMap(freezing).map(({ cause }) => cause));
  const command = state === "frozen" ? `${RESUME} --note "what it was"` : RESUME;
  return (
    <Notice tone="bad" title={`${WALLET_LOOKS[state].word}: ${shownReason(reason)}`} isAlert>
      <div className="flex flex-col gap-2">
        <p>{WALLET_SENTENCES[state]} Plans wait until their time is over.</p>
        {[...causes].map((cause) => (
          <p key={cause}>
            <span className="font-medium text-text">{CAUSES[cause].word}.</span>{" "}
            {CAUSES[cause].meaning} {CAUSES[cause].remedy}
          </p>
        ))}
        {state === "halted" && (
          <p>
            Look the wallet's newest transactions up in a block explorer. If you do not know who
            sent one, the key is stolen: move the funds, take a new key, do not resume.
          </p>
        )}
        <p>
          Nothing unfreezes it by itself. When you know what happened, run this where the platform
          runs
          {state === "frozen" && "; it books what differs under your note"}:
        </p>
        <p className="[&_button]:text-left">
          <Copy text={command} what="the command">
            {command}
          </Copy>
        </p>
      </div>
    </Notice>
  );
}
