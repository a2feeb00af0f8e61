import { expect, test } from "vitest";
import { Latest, MAX_KEPT } from "./latest";

/** Questions that are answered when the test says so. */
function desk() {
  const open: { question: number; answer: (text: string) => void; refuse: () => void }[] = [];
  const latest = new Latest<string>(
    (question) =>
      new Promise((answer, reject) => {
        open.push({ question, answer, refuse: () => reject(new Error("no")) });
      }),
  );
  const asked = (): readonly number[] => open.map(({ question }) => question);
  const at = (place: number) => {
    const found = open[place];
    if (found === undefined) throw new Error(`nothing was asked at ${place}`);
    return found;
  };
  return { latest, asked, at };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test("of many questions the first and the newest are asked", async () => {
  const { latest, asked, at } = desk();
  for (const question of [1, 2, 3, 4]) latest.want(question);
  expect(asked()).toEqual([1]);
  at(0).answer("one");
  await settled();
  expect(asked()).toEqual([1, 4]);
  expect(latest.reading()).toEqual({ answer: "one", error: null, isAsking: true });
  at(1).answer("four");
  await settled();
  expect(latest.reading()).toEqual({ answer: "four", error: null, isAsking: false });
});

test("what was answered is not asked again, not even while another is asked", async () => {
  const { latest, asked, at } = desk();
  latest.want(1);
  at(0).answer("one");
  await settled();
  latest.want(2);
  latest.want(1);
  expect(latest.reading()).toEqual({ answer: "one", error: null, isAsking: false });
  at(1).answer("two");
  await settled();
  expect(latest.reading().answer).toBe("one");
  latest.want(2);
  expect(latest.reading().answer).toBe("two");
  expect(asked()).toEqual([1, 2]);
});

test("a refusal leaves what is shown, and the next question is asked", async () => {
  const { latest, at } = desk();
  latest.keep(1, "one");
  latest.want(1);
  latest.want(2);
  at(0).refuse();
  await settled();
  expect(latest.reading()).toMatchObject({ answer: "one", isAsking: false });
  expect(latest.reading().error).toBeInstanceOf(Error);
  latest.want(3);
  at(1).answer("three");
  await settled();
  expect(latest.reading()).toEqual({ answer: "three", error: null, isAsking: false });
});

test("what is kept has a limit", async () => {
  const { latest, asked } = desk();
  for (let question = 0; question <= MAX_KEPT; question++) latest.keep(question, "kept");
  latest.want(0);
  expect(asked()).toEqual([0]);
  latest.want(MAX_KEPT);
  expect(latest.reading().answer).toBe("kept");
});
