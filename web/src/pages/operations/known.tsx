/** A count; what is not known is a dash and never a zero. */
import type { ReactNode } from "react";
import { count } from "../../model/format";
import { NotKnown } from "../../ui/money";

export const Known = ({ value }: { readonly value: number | null }): ReactNode =>
  value === null ? <NotKnown /> : count(value);
