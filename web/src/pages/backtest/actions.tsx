/** What can be done about a run: stop it, take it as the beginning of another, or delete it. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { ask } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import type { RunDetail, RunStatus } from "../../model/backtests/contract";
import { nameOfRun } from "../../model/backtests/look";
import { isRunOver } from "../../model/backtests/progress";
import { Confirm } from "../../ui/dialog";

type Question = "cancel" | "delete";

export function Actions({
  run,
  status,
}: {
  readonly run: RunDetail;
  readonly status: RunStatus;
}): ReactNode {
  const { data } = useAsk("GET /platform");
  const [question, ask_] = useState<Question | null>(null);
  if (!data?.caller.scopes.includes("trade")) return null;
  const isOver = isRunOver(status);
  return (
    <>
      <Link to="/backtests/new" search={{ like: run.run_id }} className="button">
        Run again…
      </Link>
      <button
        type="button"
        className="button button-danger"
        onClick={() => ask_(isOver ? "delete" : "cancel")}
      >
        {isOver ? "Delete…" : "Cancel…"}
      </button>
      {question === "cancel" && <CancelQuestion run={run} onClose={() => ask_(null)} />}
      {question === "delete" && <DeleteQuestion run={run} onClose={() => ask_(null)} />}
    </>
  );
}

interface Asked {
  readonly run: RunDetail;
  readonly onClose: () => void;
}

function CancelQuestion({ run, onClose }: Asked): ReactNode {
  const path = { run_id: run.run_id };
  return (
    <Confirm
      title={`Cancel ${nameOfRun(run)}`}
      verb="Cancel the run"
      act={() => ask("POST /backtests/{run_id}/cancel", { path, body: {} })}
      done={<p>Its backtester stops after the slice it is at. This page shows when it has.</p>}
      onClose={onClose}
    >
      No slice is begun after that. A run that was cancelled has no result and cannot go on.
    </Confirm>
  );
}

function DeleteQuestion({ run, onClose }: Asked): ReactNode {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = async (): Promise<void> => {
    await ask("DELETE /backtests/{run_id}", { path: { run_id: run.run_id } });
    await navigate({ to: "/backtests" });
    await queries.invalidateQueries({ queryKey: ["pages", "GET /backtests"] });
  };
  return (
    <Confirm
      title={`Delete ${nameOfRun(run)}`}
      verb="Delete the result"
      act={remove}
      onClose={onClose}
    >
      Its metrics, equity and trades go for good. The ledger keeps who asked for it and how it
      ended, and the same manifest can be run again to the same result.
    </Confirm>
  );
}
