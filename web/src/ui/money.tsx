/** Amounts of money: cut, the unit beside them, the whole in the title. */
import type { ReactNode } from "react";
import { amount, listAmount, units, usd } from "../model/format";

/** What is not known is a dash and never a zero. */
export const NotKnown = (): ReactNode => (
  <span title="not known" className="text-text3">
    –
  </span>
);

/** Whole tokens, such as `0.5` and `WETH`. */
export function Amount({
  value,
  unit,
  isShort = false,
}: {
  readonly value: string | null | undefined;
  readonly unit: string;
  /** Four decimals, as in lists, instead of six. */
  readonly isShort?: boolean;
}): ReactNode {
  if (value == null) return <NotKnown />;
  return (
    <Valued title={`${value} ${unit}`} unit={unit}>
      {isShort ? listAmount(value) : amount(value)}
    </Valued>
  );
}

/** Base units of a token, such as wei. */
export function Units({
  value,
  decimals,
  unit,
  isShort = false,
}: {
  readonly value: string | null | undefined;
  readonly decimals: number;
  readonly unit: string;
  readonly isShort?: boolean;
}): ReactNode {
  if (value == null) return <NotKnown />;
  return (
    <Valued title={`${value} base units of ${unit}`} unit={unit}>
      {isShort ? units(value, decimals, 4) : units(value, decimals)}
    </Valued>
  );
}

export function Usd({ value }: { readonly value: string | null | undefined }): ReactNode {
  if (value == null) return <NotKnown />;
  return (
    <span title={`${value} USD`} className="figures">
      {usd(value)}
    </span>
  );
}

function Valued({
  title,
  unit,
  children,
}: {
  readonly title: string;
  readonly unit: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span title={title} className="figures">
      {children} <span className="text-text3">{unit}</span>
    </span>
  );
}
