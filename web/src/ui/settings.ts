/** What a person has chosen on this machine. */
import { create } from "zustand";
import type { Zone } from "../model/format";

export type Theme = "dark" | "light";

interface Settings {
  readonly theme: Theme;
  readonly zone: Zone;
}

const CHANNEL = "tradewind-settings";

export const useSettings = create<Settings>()(() => ({
  theme: document.documentElement.dataset.theme === "light" ? "light" : "dark",
  zone: localStorage.getItem("zone") === "UTC" ? "UTC" : "local",
}));

/** Other tabs follow. */
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : null;
channel?.addEventListener("message", ({ data }: MessageEvent<Settings>) => apply(data));

export function choose(chosen: Partial<Settings>): void {
  const settings = { ...useSettings.getState(), ...chosen };
  localStorage.setItem("theme", settings.theme);
  localStorage.setItem("zone", settings.zone);
  apply(settings);
  channel?.postMessage(settings);
}

function apply(settings: Settings): void {
  document.documentElement.dataset.theme = settings.theme;
  useSettings.setState(settings);
}
