/** What the queue groups of a role are behind by, together. */
import type { QueueGroupDocument } from "../../generated/rest";

export type Counted = "pending" | "ack_pending" | "redelivered" | "open_dead_letters";

/** The sum over all groups; null while one of them is not known. */
export function together(groups: readonly QueueGroupDocument[], name: Counted): number | null {
  let sum = 0;
  for (const group of groups) {
    const value = group[name];
    if (value === null) return null;
    sum += value;
  }
  return sum;
}
