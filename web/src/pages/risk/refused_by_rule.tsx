/** How often each rule refused something in the last day, and what. */
import type { ReactNode } from "react";
import { INTENT } from "../../generated/lifecycles";
import type { BlockReasonCount, BlockReasons } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { usePages } from "../../live/use_pages";
import { count } from "../../model/format";
import { anyReasonOf } from "../../model/reasons";
import { Ago } from "../../ui/now";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { REFUSAL_TOPICS, Refusals } from "./refusals";

interface Choice {
  readonly reason: string | undefined;
  readonly choose: (reason: string | undefined) => void;
}

export function RefusedByRule({ reason, choose }: Choice): ReactNode {
  const query = useAsk("GET /live/block-reasons", {}, { topics: REFUSAL_TOPICS });
  return (
    <div className="flex flex-col gap-4">
      <Card title="By rule, in the last 24 hours">
        <Answer query={query}>
          {(counted) => <Counted counted={counted} reason={reason} choose={choose} />}
        </Answer>
      </Card>
      <Listed reason={reason} choose={choose} />
    </div>
  );
}

function Listed({ reason, choose }: Choice): ReactNode {
  const read = usePages("GET /live/blocks", { query: { reason } }, REFUSAL_TOPICS);
  if (reason === undefined) {
    return (
      <Card title="All refusals, the newest first">
        <Refusals
          read={read}
          empty={
            <Empty title="Nothing was refused yet">
              An intent that a rule stops before anything of it is executed is listed here.
            </Empty>
          }
        />
      </Card>
    );
  }
  return (
    <Card
      title={`Refused by ${reason}`}
      aside={
        <button type="button" className="button h-7 px-2" onClick={() => choose(undefined)}>
          All rules
        </button>
      }
    >
      <Refusals
        read={read}
        empty={<Empty title="This rule has refused nothing">Choose another rule, or all.</Empty>}
      />
    </Card>
  );
}

function Counted({
  counted,
  reason,
  choose,
}: Choice & { readonly counted: BlockReasons }): ReactNode {
  const { reasons, total, truncated } = counted;
  if (reasons.length === 0) {
    return <p className="px-4 py-3 text-text2">No intent was refused or expired in this time.</p>;
  }
  return (
    <>
      <ul className="divide-y divide-line text-sm">
        {reasons.map((one) => (
          <Row
            key={one.reason}
            counted={one}
            most={reasons[0]?.count ?? 1}
            isChosen={one.reason === reason}
            choose={() => choose(one.reason === reason ? undefined : one.reason)}
          />
        ))}
      </ul>
      <p className="border-t border-line px-4 py-2 text-xs text-text3">
        {count(total)} in all{truncated && ": the newest 10,000 ends of intents were counted"}
      </p>
    </>
  );
}

/** No rule: nobody came to it in time. */
const EXPIRED = "EXPIRED";

function Row({
  counted,
  most,
  isChosen,
  choose,
}: {
  readonly counted: BlockReasonCount;
  readonly most: number;
  readonly isChosen: boolean;
  readonly choose: () => void;
}): ReactNode {
  return (
    <li>
      <button
        type="button"
        aria-pressed={isChosen}
        onClick={choose}
        className="grid w-full cursor-pointer grid-cols-[minmax(0,1fr)_auto_72px] items-center gap-3 px-4 py-2 text-left hover:bg-raised aria-pressed:bg-raised md:grid-cols-[230px_minmax(0,1fr)_160px_56px_72px]"
      >
        <span className="mono truncate">{counted.reason}</span>
        <span className="truncate text-text2 max-md:hidden">
          {counted.reason === EXPIRED
            ? INTENT.states.expired
            : anyReasonOf(counted.reason)?.sentence}
        </span>
        <span aria-hidden="true" className="h-1.5 rounded-full bg-line max-md:hidden">
          <span
            className="block h-full rounded-full bg-warn"
            style={{ width: `${(counted.count / most) * 100}%` }}
          />
        </span>
        <span className="figures text-right font-medium">{count(counted.count)}</span>
        <span className="text-right">
          <Ago at={counted.last_at} />
        </span>
      </button>
    </li>
  );
}
