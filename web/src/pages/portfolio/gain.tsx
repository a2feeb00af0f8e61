/** A profit or a loss: the sign says which, the colour only once more. */
import type { ReactNode } from "react";
import { usd } from "../../model/format";
import { NotKnown } from "../../ui/money";

export function Gain({ value }: { readonly value: string | null }): ReactNode {
  if (value === null) return <NotKnown />;
  return (
    <span title={`${value} USD`} className={`figures ${toneOf(value)}`}>
      {signOf(value)}
      {usd(value)}
    </span>
  );
}

const isZero = (value: string): boolean => !/[1-9]/.test(value);
const isLoss = (value: string): boolean => value.startsWith("-");
const signOf = (value: string): string => (isZero(value) || isLoss(value) ? "" : "+");

function toneOf(value: string): string {
  if (isZero(value)) return "";
  return isLoss(value) ? "text-bad" : "text-ok";
}
