/** What a person chooses on this machine, and who is signed in. */
import type { ReactNode } from "react";
import { useAsk } from "../../live/use_ask";
import { moment } from "../../model/format";
import { Fact, Facts } from "../../ui/facts";
import { useNow } from "../../ui/now";
import { Page } from "../../ui/page";
import { Card } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { choose, useSettings } from "../../ui/settings";
import { SignedIn } from "../signin/signed_in";

export function SettingsPage(): ReactNode {
  const { theme, zone } = useSettings();
  const now = new Date(useNow()).toISOString();
  return (
    <Page title="Settings">
      <div className="grid max-w-4xl items-start gap-4 md:grid-cols-2">
        <Card title="How it looks">
          <Choice
            name="Theme"
            value={theme}
            options={[
              ["dark", "Dark", ""],
              ["light", "Light", ""],
            ]}
            onChoose={(chosen) => choose({ theme: chosen })}
          />
          <Choice
            name="Times"
            value={zone}
            options={[
              ["local", "Local", moment(now, "local")],
              ["UTC", "UTC", moment(now, "UTC")],
            ]}
            onChoose={(chosen) => choose({ zone: chosen })}
          />
          <p className="border-t border-line px-4 py-3 text-xs text-text3">
            Kept in this browser; other tabs follow at once.
          </p>
        </Card>
        <Caller />
      </div>
    </Page>
  );
}

function Choice<Value extends string>({
  name,
  value,
  options,
  onChoose,
}: {
  readonly name: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, name: string, note: string])[];
  readonly onChoose: (value: Value) => void;
}): ReactNode {
  return (
    <fieldset className="flex flex-col px-4 py-3">
      <legend className="float-left pb-1 text-xs font-medium text-text2">{name}</legend>
      {options.map(([one, word, note]) => (
        <label key={one} className="flex min-h-8 cursor-pointer items-center gap-3">
          <input
            type="radio"
            name={name}
            className="size-4 accent-accent"
            checked={one === value}
            onChange={() => onChoose(one)}
          />
          {word}
          <span className="figures ml-auto text-xs text-text3">{note}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Caller(): ReactNode {
  const platform = useAsk("GET /platform");
  return (
    <Card title="Who you are">
      <Answer query={platform}>
        {(known) =>
          known.asks_for_keys ? (
            <div className="flex flex-col gap-4 pb-4 *:last:px-4">
              <SignedIn platform={known} />
            </div>
          ) : (
            <>
              <Facts isStacked>
                <Fact name="Key">none</Fact>
                <Fact name="May">{known.caller.scopes.join(", ")}</Fact>
              </Facts>
              <p className="border-t border-line px-4 py-3 text-sm text-text2">
                This gateway listens on its own machine only and asks nobody for a key. Whoever
                reaches it may do everything.
              </p>
            </>
          )
        }
      </Answer>
    </Card>
  );
}
