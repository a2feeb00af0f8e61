/** The history as a file, as `tradewind history export` writes it. */
import { type ReactNode, useState } from "react";
import { askForFile } from "../../live/rest";
import { Dialog } from "../../ui/dialog";
import { Problem } from "../../ui/problem";

export function ExportButton({ correlationId }: { readonly correlationId: string }): ReactNode {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      const path = { correlation_id: correlationId };
      const file = await askForFile("GET /correlations/{correlation_id}/history", { path });
      saveAs(file, `${correlationId}.jsonl`);
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" className="button" disabled={isBusy} onClick={() => void save()}>
        {isBusy ? "Exporting…" : "Export history"}
      </button>
      {refusal !== null && (
        <Dialog title="The history was not exported" onClose={() => setRefusal(null)}>
          <Problem error={refusal} />
        </Dialog>
      )}
    </>
  );
}

/** Have the browser save bytes under a name. */
export function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
