/** The parameters of a strategy as fields of a form, and what was entered as values. */
import { compare, parseDecimal } from "../decimal";
import type { StrategyDocument, StrategyParameter } from "./contract";

export interface ParamField {
  readonly name: string;
  readonly kind: StrategyParameter["kind"];
  readonly hint: string | undefined;
  readonly initial: string;
  /** Empty for any. */
  readonly choices: readonly string[];
  readonly least: string | null;
  readonly most: string | null;
}

export type ParamValue = string | number | boolean;

/** In the order in which the strategy has them. */
export const fieldsOf = ({
  params = {},
}: Pick<StrategyDocument, "params">): readonly ParamField[] =>
  Object.entries(params).map(([name, one]) => ({
    name,
    kind: one.kind,
    hint: one.doc || undefined,
    initial: one.default == null ? "" : String(one.default),
    choices: (one.choices ?? []).map(String),
    least: one.minimum ?? null,
    most: one.maximum ?? null,
  }));

export const initialValues = (fields: readonly ParamField[]): Readonly<Record<string, string>> =>
  Object.fromEntries(fields.map(({ name, initial }) => [name, initial]));

const INTEGER = /^-?\d{1,15}$/;
const DECIMAL = /^-?\d{1,30}(\.\d{1,18})?$/;

/** What is wrong with what was entered; undefined where nothing is. */
export function wrongWith(field: ParamField, text: string): string | undefined {
  const { kind, choices, least, most } = field;
  if (text === "") return "This is needed.";
  if (choices.length > 0 && !choices.includes(text))
    return `This has to be one of ${choices.join(", ")}.`;
  if (kind === "integer" && !INTEGER.test(text)) return "This has to be a whole number.";
  if (kind === "decimal" && !DECIMAL.test(text)) return "This has to be a decimal such as 0.5.";
  if (kind !== "integer" && kind !== "decimal") return undefined;
  if (least !== null && isLess(text, least)) return `This has to be ${least} at least.`;
  if (most !== null && isLess(most, text)) return `This may be ${most} at most.`;
  return undefined;
}

const isLess = (left: string, right: string): boolean =>
  compare(parseDecimal(left), parseDecimal(right)) < 0;

/** A decimal stays a text, as everywhere on the wire. */
export function paramValue({ kind }: ParamField, text: string): ParamValue {
  if (kind === "integer") return Number(text);
  return kind === "flag" ? text === "true" : text;
}

export const MAX_TRIALS = 1_000;

/**
 * Values for a sweep, separated by commas: `5, 9, 13`, or a range of whole numbers `5..20`.
 *
 * One value alone is no sweep. Null where one of them is wrong.
 */
export function swept(field: ParamField, text: string): readonly ParamValue[] | null {
  const found = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .flatMap((part) => inRange(part) ?? [part]);
  if (found.length === 0 || found.length > MAX_TRIALS) return null;
  if (found.some((one) => wrongWith(field, one) !== undefined)) return null;
  return [...new Set(found)].map((one) => paramValue(field, one));
}

const RANGE = /^(\d{1,9})\.\.(\d{1,9})$/;

function inRange(part: string): readonly string[] | null {
  const [, first, last] = RANGE.exec(part) ?? [];
  if (first === undefined || last === undefined) return null;
  const length = Number(last) - Number(first) + 1;
  if (length < 1 || length > MAX_TRIALS) return null;
  return Array.from({ length }, (_, place) => String(Number(first) + place));
}

/** How many runs values of several parameters make together. */
export const trialsOf = (sweep: Readonly<Record<string, readonly ParamValue[]>>): number =>
  Object.values(sweep).reduce((all, values) => all * values.length, 1);
