import { expect, test } from "vitest";
import { byDomain, lookOfFlow } from "./flows";

const flow = (kind: string, last_topic: string) => ({
  kind,
  last_topic,
  count: 1,
  oldest_sequence: 1,
  oldest: `${kind}-1`,
});

test("a history's last event says in which state it is, where it says only one", () => {
  expect(lookOfFlow(flow("intent", "intent.submitted"))?.word).toBe("Submitted");
  expect(lookOfFlow(flow("signal", "signal.enriched"))?.word).toBe("Being judged");
  expect(lookOfFlow(flow("wallet", "wallet.frozen"))).toBeNull();
  expect(lookOfFlow(flow("intent", "no.topic"))).toBeNull();
});

test("topics are grouped by their domain", () => {
  expect(byDomain({ "exec.started": 2, "plan.created": 1, "exec.failed": 3 })).toEqual([
    [
      "exec",
      [
        ["exec.started", 2],
        ["exec.failed", 3],
      ],
    ],
    ["plan", [["plan.created", 1]]],
  ]);
});
