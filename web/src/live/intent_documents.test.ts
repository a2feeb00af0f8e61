import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlatformEvent } from "../generated/contracts";
import { type Golden, goldenHistories } from "../model/golden";
import { IntentDocuments } from "./intent_documents";

const GOLDEN = goldenHistories();

const idOf = ({ intent }: Golden): string => JSON.parse(intent).intent_id;

/** A delivery: events of a history in any order, some of them several times, some never. */
const deliveries = ({ events }: Golden): fc.Arbitrary<readonly PlatformEvent[]> =>
  fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 2 * events.length });

/** The gateway's answer as the ledger stood at some time, which may have been too early. */
const readings = ({ events }: Golden): fc.Arbitrary<readonly PlatformEvent[]> =>
  fc.nat({ max: events.length }).map((count) => events.slice(0, count));

const withoutIncarnation = (text: string | undefined): unknown =>
  text === undefined ? undefined : { ...JSON.parse(text), incarnation: "" };

function converged(golden: Golden, documents: IntentDocuments): void {
  const id = idOf(golden);
  expect(documents.heal(id, golden.events).torn).toEqual([]);
  expect(withoutIncarnation(JSON.stringify(documents.get(id)))).toEqual(
    withoutIncarnation(golden.intent),
  );
}

describe.each(GOLDEN)("$name", (golden) => {
  it("ends in the server's document however its events arrive", () => {
    const id = idOf(golden);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(deliveries(golden), readings(golden)), { maxLength: 4 }),
        readings(golden),
        (batches, reading) => {
          const documents = new IntentDocuments();
          for (const batch of batches) documents.apply(batch);
          documents.heal(id, reading);
          converged(golden, documents);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("asks for a history exactly when an event does not follow", () => {
    const documents = new IntentDocuments();
    const [first, , ...rest] = golden.events;
    if (!first) throw new Error("the history is empty");
    expect(documents.apply([first]).torn).toEqual([]);
    const torn = documents.apply(rest).torn;
    expect(torn).toEqual(rest.length > 0 ? [idOf(golden)] : []);
    expect(documents.get(idOf(golden))?.version).toBe(1);
    converged(golden, documents);
  });

  it("keeps the newer of two documents", () => {
    const newest = JSON.parse(golden.intent);
    const documents = new IntentDocuments();
    expect(documents.merge([newest]).added).toEqual([idOf(golden)]);
    expect(
      documents.merge([{ ...newest, version: newest.version - 1, state: "submitted" }]),
    ).toEqual({ added: [], torn: [] });
    expect(documents.get(idOf(golden))).toBe(newest);
  });
});
