/** Changes a trading state, with as much as the key that asks may do. */
import type { TradingStateDocument, WantedState } from "../../generated/rest";
import { ask, Refusal } from "../../live/rest";

export type Restriction = "halted" | "reducing";

type Wanted = Omit<WantedState, "until"> & { readonly until: string | undefined };

/**
 * Put a state into force. A key that may not do that may tighten what is its own alone.
 *
 * With a version the state is changed only while it is that one.
 */
export async function changeState(
  scope: string,
  wanted: Wanted,
  version: number | undefined,
): Promise<TradingStateDocument> {
  const asked = { path: { scope }, query: { version }, body: wanted };
  try {
    return await ask("PUT /risk/states/{scope}", asked);
  } catch (error) {
    const mayTighten = error instanceof Refusal && error.problem.code === "SCOPE_MISSING";
    if (!mayTighten || wanted.state === "active") throw error;
    return await ask("POST /risk/states/{scope}/tighten", asked);
  }
}

export const untilOf = (seconds: number): string =>
  new Date(Date.now() + seconds * 1_000).toISOString();
