/** A form that asks the gateway for something: busy meanwhile, and what it refused. */
import { type SubmitEvent, useState } from "react";

interface Act {
  readonly isBusy: boolean;
  readonly refusal: unknown;
  /** To be given to the form. */
  readonly submit: (event: SubmitEvent) => void;
}

export function useAct(act: () => Promise<unknown>, onDone: () => void): Act {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    try {
      await act();
      onDone();
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isBusy) void run();
  };
  return { isBusy, refusal, submit };
}
