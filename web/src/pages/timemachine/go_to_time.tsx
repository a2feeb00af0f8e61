/** Goes to the last event that was recorded by a time. */
import { type ReactNode, type SubmitEvent, useId, useState } from "react";
import { Refusal } from "../../live/rest";
import { useSettings } from "../../ui/settings";
import { readAt } from "./use_as_of";

export function GoToTime({ go }: { readonly go: (sequence: number) => void }): ReactNode {
  const id = useId();
  const zone = useSettings((settings) => settings.zone);
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const find = async (time: string): Promise<void> => {
    try {
      go((await readAt(time)).sequence);
      setError("");
    } catch (refusal) {
      setError(refusal instanceof Refusal ? refusal.problem.detail : "The gateway did not answer.");
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const time = momentOf(text, zone);
    if (time !== null) void find(time);
  };
  return (
    <form className="ml-auto flex flex-wrap items-center gap-2 max-md:ml-0" onSubmit={submit}>
      <label htmlFor={id} className="text-sm text-text2">
        Go to {zone === "UTC" ? "(UTC)" : ""}
      </label>
      <input
        id={id}
        type="datetime-local"
        step="1"
        className="field figures h-8 w-auto min-w-0 text-sm max-md:max-w-48"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button" disabled={text === ""}>
        Go
      </button>
      {error !== "" && (
        <span role="alert" className="text-sm text-bad">
          {error}
        </span>
      )}
    </form>
  );
}

/** What was entered in the zone that times are shown in, with whole seconds; null for no time. */
export function momentOf(text: string, zone: "local" | "UTC"): string | null {
  const ms = Date.parse(zone === "UTC" ? `${text}Z` : text);
  return Number.isNaN(ms) ? null : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
