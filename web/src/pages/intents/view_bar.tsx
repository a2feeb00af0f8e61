/** Filters with a name: to choose one, to save the present one here, to forget it. */
import { type ReactNode, useState } from "react";
import { Confirm } from "../../ui/dialog";
import { type IntentFilter, isFiltered } from "./filter";
import {
  COMMON_VIEWS,
  MAX_NAME_LENGTH,
  nameOf,
  type SavedView,
  savedViews,
  saveViews,
  withoutView,
  withView,
} from "./views";

export function ViewBar({
  filter,
  choose,
}: {
  readonly filter: IntentFilter;
  readonly choose: (filter: IntentFilter) => void;
}): ReactNode {
  const [saved, setSaved] = useState(() => savedViews(localStorage));
  const [isNaming, setNaming] = useState(false);
  const all = [...COMMON_VIEWS, ...saved];
  const name = nameOf(all, filter);
  const isOwn = saved.some((view) => view.name === name);
  const keep = (views: readonly SavedView[]): void => {
    saveViews(localStorage, views);
    setSaved(views);
  };
  return (
    <>
      <select
        aria-label="Saved views"
        className="field h-8 w-auto text-sm"
        value={name ?? ""}
        onChange={(event) => {
          const view = all.find((one) => one.name === event.target.value);
          choose(view?.filter ?? {});
        }}
      >
        <option value="">{isFiltered(filter) ? "Own filter" : "All intents"}</option>
        <Views label="Views" views={COMMON_VIEWS} />
        {saved.length > 0 && <Views label="Saved here" views={saved} />}
      </select>
      {isFiltered(filter) && name === null && (
        <button type="button" className="button" onClick={() => setNaming(true)}>
          Save view…
        </button>
      )}
      {isOwn && name !== null && (
        <button type="button" className="button" onClick={() => keep(withoutView(saved, name))}>
          Forget view
        </button>
      )}
      {isNaming && (
        <Confirm
          title="Save this view"
          verb="Save"
          isDangerous={false}
          reason={{ label: "Name", isRequired: true }}
          act={async (text) =>
            keep(withView(saved, { name: text.slice(0, MAX_NAME_LENGTH), filter }))
          }
          onClose={() => setNaming(false)}
        >
          It is kept in this browser, for all tabs.
        </Confirm>
      )}
    </>
  );
}

const Views = ({
  label,
  views,
}: {
  readonly label: string;
  readonly views: readonly SavedView[];
}): ReactNode => (
  <optgroup label={label}>
    {views.map(({ name }) => (
      <option key={name} value={name}>
        {name}
      </option>
    ))}
  </optgroup>
);
