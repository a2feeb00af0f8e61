/** A signal as it is told apart from others, and the way to its page. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { SignalDocument } from "../../generated/contracts";
import { lookOfSignal, sentenceOfSignal, wishOfSignal } from "../../model/signal_words";
import { Badge } from "../../ui/parts";

type NamedSignal = Pick<SignalDocument, "signal_id" | "signal_direction" | "size" | "symbol">;

export const SignalLink = ({ signal }: { readonly signal: NamedSignal }): ReactNode => (
  <Link
    to="/signal/$id"
    params={{ id: signal.signal_id }}
    title={signal.signal_id}
    className="hover:text-accent hover:underline"
  >
    {wishOfSignal(signal)}
  </Link>
);

export const SignalBadge = ({ signal }: { readonly signal: SignalDocument }): ReactNode => (
  <Badge look={lookOfSignal(signal)} title={sentenceOfSignal(signal)} />
);
