/** What a figure is, where a row is two lines without the heading of its column. */
import type { ReactNode } from "react";

export const PhoneLabel = ({ children }: { readonly children: string }): ReactNode => (
  <span className="pr-1 text-xs text-text3 md:hidden">{children}</span>
);
