/** The title and icon of the window: the page's name, and how much needs a person. */
import { useEffect } from "react";
import { useAttention } from "../live/attention";

let name = "";
let needs = 0;

export function useTitle(title: string): void {
  useEffect(() => {
    name = title;
    write();
  }, [title]);
}

/** Says in the title what needs a person, so that a tab in the background tells it too. */
export function NeedsInTitle(): null {
  const { length } = useAttention();
  useEffect(() => {
    needs = length;
    write();
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon !== null) icon.href = length > 0 ? "/favicon-needs.svg" : "/favicon.svg";
  }, [length]);
  return null;
}

function write(): void {
  const mark = needs > 0 ? `(${needs}) ` : "";
  document.title = name === "" ? `${mark}Tradewind` : `${mark}${name} · Tradewind`;
}
