import { describe, expect, it } from "vitest";
import { goldenHistories } from "./golden";
import { anyReasonOf, REASON_CODES, reasonOf } from "./reasons";

describe("what reasons mean", () => {
  it("is known of every reason that a recorded history has", () => {
    const seen = new Set<string>();
    for (const { events } of goldenHistories()) {
      for (const { topic, payload } of events) {
        if (!("reason" in payload) || typeof payload.reason !== "string") continue;
        seen.add(payload.reason);
        expect(reasonOf(topic, payload.reason), payload.reason).not.toBeNull();
        expect(REASON_CODES).toContain(payload.reason);
      }
    }
    expect(seen.size).toBeGreaterThan(8);
  });

  it("depends on the stage that says it", () => {
    const atPlanning = reasonOf("plan.rejected", "PRICE_IMPACT_LIMIT");
    expect(reasonOf("exec.failed", "PRICE_IMPACT_LIMIT")).not.toEqual(atPlanning);
    expect(anyReasonOf("PRICE_IMPACT_LIMIT")).toEqual(atPlanning);
  });

  it("is not made up", () => {
    expect(reasonOf("risk.rejected", "TOO_MUCH_RAIN")).toBeNull();
    expect(anyReasonOf("EXPIRED")).toBeNull();
  });

  it("is told in whole sentences", () => {
    for (const code of REASON_CODES) {
      const reason = anyReasonOf(code);
      expect(reason?.sentence, code).toMatch(/^[A-Z].*\.$/);
      expect(reason?.advice, code).toMatch(/^[A-Z].*\.$/);
    }
  });
});
