/** When something ends by itself, counted down. */
import type { ReactNode } from "react";
import { moment } from "../../model/format";
import { span } from "../../model/limits";
import { useNow } from "../../ui/now";
import { useSettings } from "../../ui/settings";

export function Ends({
  at,
  otherwise,
}: {
  readonly at: string | null | undefined;
  /** Said where it does not end by itself. */
  readonly otherwise: string;
}): ReactNode {
  const now = useNow();
  const zone = useSettings((settings) => settings.zone);
  if (at == null) return <span className="text-text2">{otherwise}</span>;
  const seconds = Math.ceil((Date.parse(at) - now) / 1_000);
  return (
    <time dateTime={at} title={moment(at, zone)} className="figures text-text2">
      {seconds <= 0 ? "over" : `in ${span(shortened(seconds))}`}
    </time>
  );
}

/** Seconds count in the last ten minutes, and minutes in the last day. */
function shortened(seconds: number): number {
  if (seconds < 600) return seconds;
  return seconds < 86_400 ? seconds - (seconds % 60) : seconds - (seconds % 3_600);
}
