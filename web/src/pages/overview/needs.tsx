/** What does not go on without a person; nothing where there is nothing. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAttention } from "../../live/attention";
import { count } from "../../model/format";
import { Icon } from "../../ui/icons";
import { Card, TONES } from "../../ui/parts";

const SHOWN = 8;

export function Needs(): ReactNode {
  const needs = useAttention();
  if (needs.length === 0) return null;
  return (
    <Card
      title="Needs you"
      aside={<span className="figures text-sm text-text2">{count(needs.length)}</span>}
    >
      <ul className="divide-y divide-line">
        {needs.slice(0, SHOWN).map(({ key, tone, title, detail, to }) => (
          <li key={key}>
            <Link
              to={to}
              data-row
              className="flex min-h-11 items-center gap-3 px-4 py-1.5 hover:bg-raised"
            >
              <span className={TONES[tone]}>
                <Icon name="warning" />
              </span>
              <span className="min-w-0 flex-1 md:flex md:gap-3">
                <span className="block shrink-0 font-medium">{title}</span>
                <span className="block min-w-0 truncate text-text2" title={detail}>
                  {detail}
                </span>
              </span>
              <span className="text-text3">
                <Icon name="arrow" />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {needs.length > SHOWN && (
        <p className="border-t border-line px-4 py-2 text-sm text-text2">
          and {count(needs.length - SHOWN)} more
        </p>
      )}
    </Card>
  );
}
