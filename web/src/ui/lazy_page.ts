/** Pages that are loaded when somebody is about to go there: the first one is small without them. */
import { lazyRouteComponent } from "@tanstack/react-router";
import type { ComponentType } from "react";

/** The code of a page could not be had. */
export class PageMissing extends Error {}

/** The router loads it when a link to it is pointed at, has the focus or is followed. */
export const lazyPage = (load: () => Promise<ComponentType>) =>
  lazyRouteComponent(async () => ({ default: await loaded(load) }));

/** Of the browser's own error the router would make a reload, while somebody may type. */
export async function loaded<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new PageMissing("the code of the page could not be loaded", { cause: error });
  }
}
