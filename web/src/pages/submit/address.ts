/** The form as a part of the page's address: a link can bring an intent to submit. */
import { type Draft, EMPTY, FIELDS, SIDES, STYLES } from "./draft";

export type Search = Partial<Draft>;

/** A number of an address was read as a `number`, which has so many digits for certain. */
const MAX_CERTAIN_DIGITS = 15;

export function searched(search: Readonly<Record<string, unknown>>): Search {
  const { side, style, ...rest } = Object.fromEntries(
    FIELDS.flatMap((field) => {
      const text = textOf(search[field]);
      return text === null ? [] : [[field, text]];
    }),
  );
  const [known, styled] = [SIDES.find((one) => one === side), STYLES.find((one) => one === style)];
  return { ...rest, ...(known && { side: known }), ...(styled && { style: styled }) };
}

export const draftOf = (search: Search): Draft => ({ ...EMPTY, ...search });

/** What differs from an empty form, so that addresses stay short. */
export const searchOf = (draft: Draft): Search =>
  Object.fromEntries(
    FIELDS.filter((field) => draft[field] !== EMPTY[field]).map((field) => [field, draft[field]]),
  );

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value !== "number") return null;
  const text = String(value);
  return text.replace(/\D/g, "").length <= MAX_CERTAIN_DIGITS ? text : null;
}
