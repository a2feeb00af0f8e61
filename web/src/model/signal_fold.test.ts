import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SignalDocuments } from "../live/signal_documents";
import { evolveSignal, foldSignal, noSignalFolded } from "./signal_fold";
import { goldenSignal, goldenSignals } from "./signal_golden";

describe.each(goldenSignals())("$name", ({ events, document }) => {
  const { incarnation, signal_id: id } = JSON.parse(document);

  it("folds to the bytes that the server keeps", () => {
    expect(JSON.stringify(foldSignal(events, incarnation).signal)).toBe(document);
  });

  it("counts an event that it has had, and changes nothing else", () => {
    const { signal, ...folded } = foldSignal(events, incarnation);
    const [first] = events;
    if (!first || !signal) throw new Error("the history is empty");
    const again = evolveSignal({ ...folded, signal }, first);
    expect(again.signal).toEqual({ ...signal, version: first.sequence, illegal_events: 1 });
  });

  it("ends in the same document however its events arrive", () => {
    const deliveries = fc.array(fc.constantFrom(...events), { maxLength: 2 * events.length });
    fc.assert(
      fc.property(
        fc.array(deliveries, { maxLength: 3 }),
        fc.nat(events.length),
        (batches, read) => {
          const documents = new SignalDocuments();
          for (const batch of batches) documents.apply(batch);
          documents.heal(id, events.slice(0, read));
          expect(documents.heal(id, events).torn).toEqual([]);
          expect({ ...documents.get(id), incarnation }).toEqual(JSON.parse(document));
        },
      ),
      { numRuns: 25 },
    );
  });
});

it("makes nothing of a history without its beginning", () => {
  const { events } = goldenSignal("submitted");
  expect(events.slice(1).reduce(evolveSignal, noSignalFolded("")).signal).toBeNull();
});

it("does not take an event of another signal", () => {
  const { events } = goldenSignal("waiting");
  const stranger = goldenSignal("submitted").events.at(-1);
  const last = events.at(-1);
  if (!stranger || !last) throw new Error("the history is empty");
  const foreign = { ...stranger, correlationId: last.correlationId };
  expect(foldSignal([...events, foreign], "").signal).toMatchObject({
    state: "evaluated",
    illegal_events: 1,
  });
});
