/** What a person said of a signal, before the desk has concluded by it. */
import { useAsk } from "../../live/use_ask";

export interface SignalAnswer {
  readonly verdict: "approved" | "denied";
  readonly answeredBy: string;
  readonly at: string;
}

/** The answer stands in a history of its own. */
export function useSignalAnswer(signalId: string): SignalAnswer | null {
  const { data } = useAsk(
    "GET /events",
    { query: { correlation_id: `approval-${signalId}`, limit: 1 } },
    { topics: ["signal.approval_answered"] },
  );
  const answered = data?.items[0]?.event;
  if (answered?.topic !== "signal.approval_answered") return null;
  const { verdict, answeredBy } = answered.payload as Omit<SignalAnswer, "at">;
  return { verdict, answeredBy, at: answered.timestamp };
}
