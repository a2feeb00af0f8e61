import { describe, expect, it } from "vitest";
import type { Intent, SubmittedIntent } from "../../generated/rest";
import { Refusal, Unreachable } from "../../live/rest";
import type { ProblemCode } from "../../model/problems";
import { EMPTY, intentOf } from "./draft";
import { Occupied, REPEATABLE_MS, STORED_AS, Submissions } from "./submission";

const ASSET = { chain: "ethereum", decimals: 18 };
const PAIR = {
  name: "WETH/DAI",
  base: { ...ASSET, symbol: "WETH", address: "0xC0" },
  quote: { ...ASSET, symbol: "DAI", address: "0x6B" },
};
const intent = (amount: string): Intent => {
  const made = intentOf({ ...EMPTY, amount }, PAIR);
  if (made === null) throw new Error("no intent");
  return made;
};
const KEPT: SubmittedIntent = {
  intent_id: "01M7Y1TMHBHXE8EFKH8WEG8SYH",
  correlation_id: "intent-01M7Y1TMHBHXE8EFKH8WEG8SYH",
  state: "submitted",
  expires_at: "2026-11-21T03:24:02.443Z",
};

function refusal(status: number, code: ProblemCode, more: object = {}): Refusal {
  const problem = { type: "", title: "", detail: code, instance: "", request_id: "", errors: [] };
  return new Refusal({ ...problem, status, code, ...more }, null);
}

/** A gateway that answers in turn, and what it was asked. */
function gateway(...answers: readonly (SubmittedIntent | Error)[]) {
  const asked: { intent: Intent; key: string }[] = [];
  const items = new Map<string, string>();
  const shelf = {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, text: string) => void items.set(name, text),
    removeItem: (name: string) => void items.delete(name),
  };
  const time = { now: 1_000 };
  const post = (sent: Intent, key: string): Promise<SubmittedIntent> => {
    expect(items.has(STORED_AS)).toBe(true);
    asked.push({ intent: sent, key });
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw new Error("asked once more than expected");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const open = () => new Submissions(post, shelf, () => time.now);
  return { asked, items, open, time };
}

describe("a submission", () => {
  it("that is kept leaves nothing, and the next one has a key of its own", async () => {
    const { asked, items, open } = gateway(KEPT, KEPT);
    const submissions = open();
    expect(await submissions.submit(intent("1"))).toEqual(KEPT);
    expect(items.size).toBe(0);
    await submissions.submit(intent("1"));
    expect(new Set(asked.map(({ key }) => key)).size).toBe(2);
  });

  it.each([
    refusal(422, "VALIDATION_FAILED"),
    refusal(429, "RATE_LIMITED"),
    refusal(503, "STORE_UNAVAILABLE"),
    refusal(503, "OVERLOADED"),
  ])("that is refused by $message is in no doubt", async (error) => {
    const { items, open } = gateway(error);
    const submissions = open();
    await expect(submissions.submit(intent("1"))).rejects.toBe(error);
    expect(submissions.use.getState()).toEqual({ isSending: false, doubted: null });
    expect(items.size).toBe(0);
  });

  it.each([
    new Unreachable("gone"),
    refusal(503, "OUTCOME_UNKNOWN"),
    refusal(500, "INTERNAL_ERROR"),
  ])("that $message left in doubt is repeated under its key", async (error) => {
    const { asked, items, open } = gateway(error, KEPT);
    const submissions = open();
    await expect(submissions.submit(intent("1"))).rejects.toBe(error);
    expect(submissions.use.getState().doubted?.intent).toEqual(intent("1"));
    expect(await submissions.submit(intent("1"))).toEqual(KEPT);
    expect(asked[1]).toEqual(asked[0]);
    expect(items.size).toBe(0);
  });

  it("in doubt stays so when its repetition is refused, for the first one may be kept", async () => {
    const unknown = refusal(503, "OUTCOME_UNKNOWN", { intent_id: KEPT.intent_id });
    const { asked, open } = gateway(unknown, refusal(429, "RATE_LIMITED"), KEPT);
    const submissions = open();
    await expect(submissions.submit(intent("1"))).rejects.toBe(unknown);
    await expect(submissions.repeat()).rejects.toThrow("RATE_LIMITED");
    expect(submissions.use.getState().doubted?.intentId).toBe(KEPT.intent_id);
    await submissions.repeat();
    expect(new Set(asked.map(({ key }) => key)).size).toBe(1);
  });

  it("in doubt lets no other one go, until it is set aside", async () => {
    const { asked, open } = gateway(new Unreachable("gone"), KEPT);
    const submissions = open();
    await expect(submissions.submit(intent("1"))).rejects.toThrow("gone");
    await expect(submissions.submit(intent("2"))).rejects.toBeInstanceOf(Occupied);
    expect(asked).toHaveLength(1);
    submissions.setAside();
    await submissions.submit(intent("2"));
    expect(asked[1]?.key).not.toBe(asked[0]?.key);
  });

  it("outlives a reload, also one before the answer", async () => {
    const { asked, open } = gateway(new Unreachable("gone"), KEPT);
    const first = open();
    const sent = first.submit(intent("1"));
    const reloaded = open();
    await expect(sent).rejects.toThrow("gone");
    await reloaded.repeat();
    expect(asked[1]).toEqual(asked[0]);
    expect(open().use.getState().doubted).toBeNull();
  });

  it("is sent once, however often the button is pressed", async () => {
    const { asked, open } = gateway(KEPT);
    const submissions = open();
    const presses = [1, 2, 3].map(() => submissions.submit(intent("1")));
    const outcomes = await Promise.allSettled(presses);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(asked).toHaveLength(1);
  });

  it("is not repeated once its key may be forgotten", async () => {
    const { open, time } = gateway(new Unreachable("gone"));
    const submissions = open();
    await expect(submissions.submit(intent("1"))).rejects.toThrow("gone");
    const doubted = submissions.use.getState().doubted;
    if (doubted === null) throw new Error("nothing is in doubt");
    expect(submissions.isRepeatable(doubted)).toBe(true);
    time.now += REPEATABLE_MS;
    expect(submissions.isRepeatable(doubted)).toBe(false);
  });

  it("that cannot be read any more is forgotten", () => {
    const { items, open } = gateway();
    items.set(STORED_AS, "{");
    expect(open().use.getState().doubted).toBeNull();
  });
});
