/** What the price became after a signal was concluded, whether or not anybody followed it. */
import type { ReactNode } from "react";
import type { SignalDocument } from "../../generated/contracts";
import type { ShownMark } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { duration, exactPercent, price } from "../../model/format";
import { Ago } from "../../ui/now";
import { Card } from "../../ui/parts";

export function MarksCard({ signal }: { readonly signal: SignalDocument }): ReactNode {
  const isConcluded = signal.conclusion != null;
  const { data } = useAsk(
    "GET /signals/{signal_id}",
    { path: { signal_id: signal.signal_id } },
    { isEnabled: isConcluded, topics: ["signal.marked"] },
  );
  const marks = data?.marks ?? [];
  if (marks.length === 0) return null;
  return (
    <Card title="What the price became">
      <table className="w-full text-sm">
        <thead className="text-left text-xs text-text3">
          <tr>
            <th className="px-4 py-2 font-normal">After</th>
            <th className="px-4 py-2 text-right font-normal">Price</th>
            <th className="px-4 py-2 text-right font-normal">In its direction</th>
            <th className="px-4 py-2 font-normal">Following it</th>
          </tr>
        </thead>
        <tbody>
          {marks.map((mark) => (
            <MarkRow key={mark.horizon_seconds} mark={mark} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function MarkRow({ mark }: { readonly mark: ShownMark }): ReactNode {
  const { horizon_seconds, due_at, marked_mid, signed_return, followed_paid, is_missed } = mark;
  return (
    <tr className="border-t border-line">
      <td className="px-4 py-2">{duration(horizon_seconds * 1_000)}</td>
      {marked_mid == null || signed_return == null ? (
        <td className="px-4 py-2 text-text2" colSpan={3}>
          {is_missed ? (
            "Nobody saw the price in time."
          ) : (
            <>
              Due <Ago at={due_at} />
            </>
          )}
        </td>
      ) : (
        <>
          <td className="figures px-4 py-2 text-right">{price(marked_mid)}</td>
          <td className="figures px-4 py-2 text-right">{exactPercent(signed_return)}</td>
          <td className={`px-4 py-2 ${followed_paid ? "text-ok" : "text-text2"}`}>
            {followed_paid ? "would have paid" : "would not have paid its costs"}
          </td>
        </>
      )}
    </tr>
  );
}
