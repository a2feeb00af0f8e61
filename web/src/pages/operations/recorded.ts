/** Which events record what was done about a dead letter. */

/** Whether an event's payload names this dead letter. */
export function isAbout(event: { readonly payload: unknown }, deadLetterId: string): boolean {
  const { payload } = event;
  if (typeof payload !== "object" || payload === null) return false;
  return "deadLetterId" in payload && payload.deadLetterId === deadLetterId;
}
