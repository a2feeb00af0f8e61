/** What the gateway sends on `/stream`: docs/contracts/websocket.md. */
import type { PlatformEvent } from "../generated/contracts";

export type EventFrame = PlatformEvent & { readonly streamSequence: number };

/** A place in a stream: its numbers begin again when the broker's store is replaced. */
export interface Position {
  readonly stream: string;
  readonly sequence: number;
}

export interface Gap {
  readonly type: "gap";
  readonly from: number;
  readonly to: number;
  readonly reason: "expired" | "stream_reset";
  readonly stream: string;
  /** Where it goes on, if that is not after `to`. */
  readonly sequence?: number;
}

export type ControlFrame =
  | (Position & { readonly type: "subscribed"; readonly resumeFrom?: number | null })
  | (Position & { readonly type: "live" })
  | { readonly type: "heartbeat" | "pong" | "unsubscribed"; readonly sequence: number }
  | { readonly type: "authenticated" }
  | Gap
  | { readonly type: "error"; readonly code: string; readonly detail: string };

export type Frame = EventFrame | ControlFrame;

export const isEvent = (frame: Frame): frame is EventFrame => !("type" in frame);
