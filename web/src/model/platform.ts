/** How a platform's mode is called. Where money is real, it is said loudest. */
import type { Tone } from "./words";

export interface ModeLook {
  readonly word: string;
  readonly meaning: string;
  readonly tone: Tone;
}

export type Mode = "paper" | "dev_chain" | "test_chain" | "live_chain";

export function modeLook(mode: Mode, chainId: number | null): ModeLook {
  switch (mode) {
    case "paper":
      return { word: "paper", meaning: "Fills are simulated; nothing is signed.", tone: "idle" };
    case "dev_chain":
      return {
        word: "dev chain",
        meaning: `A chain for development on this machine (chain ${chainId}). Its money is not real.`,
        tone: "run",
      };
    case "test_chain":
      return {
        word: `test chain ${chainId}`,
        meaning: `A public chain for tests (chain ${chainId}). Its money is not real.`,
        tone: "run",
      };
    case "live_chain":
      return {
        word: `live chain ${chainId}`,
        meaning: `Money is real: chain ${chainId}.`,
        tone: "warn",
      };
  }
}
