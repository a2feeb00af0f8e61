/** The head of a page, which is also the title of the window. */
import type { ReactNode } from "react";
import { useTitle } from "./title";

export function Page({
  title,
  heading,
  aside,
  children,
}: {
  readonly title: string;
  /** Where the heading is more than the title. */
  readonly heading?: ReactNode;
  /** Actions and choices of the page. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  useTitle(title);
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h1 className="min-w-0 text-xl font-semibold">{heading ?? title}</h1>
        {aside !== undefined && <div className="flex flex-wrap items-center gap-2">{aside}</div>}
      </div>
      {children}
    </>
  );
}
