import { describe, expect, it } from "vitest";
import { evolve, fold, nothingFolded } from "./fold";
import { goldenHistories } from "./golden";

describe.each(goldenHistories())("$name", ({ events, incarnation, intent, plan }) => {
  it("folds to the bytes that the server keeps", () => {
    const folded = fold(events, incarnation);
    expect(JSON.stringify(folded.intent)).toBe(intent);
    expect(folded.plan === null ? null : JSON.stringify(folded.plan)).toBe(plan);
  });

  it("counts an event that it has had, and changes nothing else", () => {
    const folded = fold(events, incarnation);
    const [first] = events;
    if (!first || !folded.intent) throw new Error("the history is empty");
    const again = evolve(folded, first);
    expect(again.intent).toEqual({
      ...folded.intent,
      version: first.sequence,
      illegal_events: (folded.intent.illegal_events ?? 0) + 1,
    });
    expect(again.plan).toEqual(folded.plan);
  });

  it("makes nothing of a history without its beginning", () => {
    const folded = events.slice(1).reduce(evolve, nothingFolded(incarnation));
    expect(folded.intent).toBeNull();
    expect(folded.plan).toBeNull();
  });
});
