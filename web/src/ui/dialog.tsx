/** Dialogs are the browser's own: focus stays inside, Escape closes, the page behind is inert. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { TextField } from "./field";
import { Icon } from "./icons";
import { Problem } from "./problem";
import { useAct } from "./use_act";

const CENTRED = "m-auto max-h-[calc(100dvh-32px)] w-[calc(100vw-32px)]";
const DRAWER =
  "my-0 mr-0 ml-auto h-dvh max-h-dvh w-full max-w-2xl rounded-none border-y-0 border-r-0";

/** Open for as long as it is rendered. */
export function Dialog({
  title,
  onClose,
  isWide = false,
  isDrawer = false,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  /** At the right edge and as high as the window: what a row is about, beside its list. */
  readonly isDrawer?: boolean;
  readonly children: ReactNode;
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    if (shown) firstFocus(shown)?.focus();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className={`card bg-surface p-0 text-left font-normal whitespace-normal text-text ${isDrawer ? DRAWER : `${CENTRED} ${isWide ? "max-w-3xl" : "max-w-[480px]"}`}`}
    >
      <header className="sticky top-0 flex items-center justify-between gap-3 border-b border-line bg-surface py-2 pr-2 pl-4">
        <h2 id={heading} className="text-lg font-semibold">
          {title}
        </h2>
        <button
          type="button"
          className="grid size-9 shrink-0 cursor-pointer place-items-center rounded text-text2 hover:text-text"
          aria-label="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="flex flex-col gap-4 p-4">{children}</div>
    </dialog>
  );
}

/** The way back where one key too many would do harm, else the first field. */
const firstFocus = (dialog: HTMLElement): HTMLElement | null =>
  dialog.querySelector<HTMLElement>("[data-first-focus]") ??
  dialog.querySelector("input:enabled, select:enabled, textarea:enabled");

export interface ReasonField {
  readonly label?: string;
  readonly isRequired: boolean;
}

/** What the gateway keeps of a reason. */
const MAX_REASON_LENGTH = 200;

interface Question {
  /** Names the object. */
  readonly title: string;
  /** The effect. */
  readonly children: ReactNode;
  /** On the button. */
  readonly verb: string;
  readonly isDangerous?: boolean;
  readonly reason?: ReasonField;
  /** While a field among the children is missing or wrong. */
  readonly isIncomplete?: boolean;
  /** Gets the reason; an empty one where none is asked for. */
  readonly act: (reason: string) => Promise<unknown>;
  /** Shown after success; where there is none the dialog closes. */
  readonly done?: ReactNode;
  readonly onClose: () => void;
}

/**
 * Asks before something is done that cannot be undone by itself.
 *
 * A refusal is shown in the dialog, which stays. `done` says what was asked for, not that it
 * happened: that is told by an event.
 */
export function Confirm(question: Question): ReactNode {
  const [isDone, setDone] = useState(false);
  const { title, done, onClose } = question;
  return (
    <Dialog title={title} onClose={onClose}>
      {isDone ? (
        <>
          <div role="status">{done}</div>
          <div className="flex justify-end">
            <button type="button" className="button" onClick={onClose}>
              Close
            </button>
          </div>
        </>
      ) : (
        <QuestionForm
          question={question}
          onDone={() => (done === undefined ? onClose() : setDone(true))}
        />
      )}
    </Dialog>
  );
}

function QuestionForm({
  question,
  onDone,
}: {
  readonly question: Question;
  readonly onDone: () => void;
}): ReactNode {
  const {
    children,
    verb,
    isDangerous = true,
    isIncomplete = false,
    reason,
    act,
    onClose,
  } = question;
  const [text, setText] = useState("");
  const { isBusy, refusal, submit } = useAct(() => act(text.trim()), onDone);
  const isUnreasoned = reason?.isRequired === true && text.trim() === "";
  const isReady = !isBusy && !isIncomplete && !isUnreasoned;
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <div className="text-text2">{children}</div>
      {reason !== undefined && (
        <TextField
          label={reason.label ?? (reason.isRequired ? "Reason" : "Reason (optional)")}
          value={text}
          onChange={setText}
          maxLength={MAX_REASON_LENGTH}
          isRequired={reason.isRequired}
        />
      )}
      {refusal !== null && <Problem error={refusal} />}
      <div className="flex flex-wrap justify-end gap-2">
        <button
          type="button"
          data-first-focus={isDangerous && isReady ? "" : undefined}
          className="button"
          onClick={onClose}
        >
          Back
        </button>
        <button
          type="submit"
          disabled={!isReady}
          className={`button ${isDangerous ? "button-danger" : "button-primary"}`}
        >
          {isBusy ? "Asking…" : verb}
        </button>
      </div>
    </form>
  );
}
