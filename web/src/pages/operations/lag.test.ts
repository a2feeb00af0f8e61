import { expect, test } from "vitest";
import type { QueueGroupDocument } from "../../generated/rest";
import { together } from "./lag";

const group = (given: Partial<QueueGroupDocument>): QueueGroupDocument => ({
  queue_group: "planner.workers",
  order: "unordered",
  topics: [],
  consumers: 1,
  status: "active",
  pending: 0,
  ack_pending: 0,
  redelivered: 0,
  open_dead_letters: 0,
  ...given,
});

test("a role is behind by what all its groups are behind by", () => {
  const groups = [group({ pending: 3 }), group({ pending: 4, ack_pending: 1 })];
  expect(together(groups, "pending")).toBe(7);
  expect(together(groups, "ack_pending")).toBe(1);
});

test("a role without queue groups has no lag", () => {
  expect(together([], "pending")).toBe(0);
});

test("what is not known of one group is not known of the role", () => {
  expect(together([group({ pending: 3 }), group({ pending: null })], "pending")).toBeNull();
});
