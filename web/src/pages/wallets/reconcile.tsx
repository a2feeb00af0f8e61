/** Has all wallets compared with the chain now. */
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { ReconciliationPending, ReconciliationReport } from "../../generated/rest";
import { ask } from "../../live/rest";
import { Confirm } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { found } from "./drift";

const DEFAULT_THRESHOLD = "0.0001";
const DECIMAL = /^\d{1,30}(\.\d{1,18})?$/;

export function Reconcile({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const [threshold, setThreshold] = useState(DEFAULT_THRESHOLD);
  const [answer, setAnswer] = useState<ReconciliationReport | ReconciliationPending | null>(null);
  const isWrong = !DECIMAL.test(threshold);
  const act = async (): Promise<void> => {
    setAnswer(await ask("POST /wallets/reconcile", { body: { threshold } }));
    await queries.invalidateQueries({ queryKey: ["GET /wallets"] });
    await queries.invalidateQueries({ queryKey: ["pages", "GET /wallets/reconcile/history"] });
  };
  return (
    <Confirm
      title="Reconcile all wallets"
      verb="Reconcile"
      isDangerous={false}
      isIncomplete={isWrong}
      act={act}
      done={answer === null ? null : <Answered answer={answer} />}
      onClose={onClose}
    >
      <p className="pb-3">
        Every wallet is compared with the chain in one block. What is explained is booked. What is
        not freezes its wallet, whatever the threshold says.
      </p>
      <TextField
        label="Threshold"
        type="decimal"
        unit="tokens"
        value={threshold}
        onChange={setThreshold}
        error={isWrong ? "A number of whole tokens, 0 or more, such as 0.0001" : undefined}
        hint="Sorts the report into differences within it and beyond it, and nothing else"
      />
    </Confirm>
  );
}

function Answered({
  answer,
}: {
  readonly answer: ReconciliationReport | ReconciliationPending;
}): ReactNode {
  if (!("records" in answer)) {
    return (
      <p>
        Requested. Comparing takes longer than a few seconds; the report shows under Comparisons by
        itself, with the id <span className="mono break-all">{answer.id}</span>.
      </p>
    );
  }
  return (
    <p>
      Compared {answer.total_wallets} {answer.total_wallets === 1 ? "wallet" : "wallets"}:{" "}
      {found(answer)}.
    </p>
  );
}
