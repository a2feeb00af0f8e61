/** Shapes of charts as SVG paths, rounded to tenths of a pixel. */

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** A line through all places; it is broken where there is none. */
export function linePath(places: readonly (Place | null)[]): string {
  let path = "";
  let isDown = false;
  for (const place of places) {
    if (place !== null) path += `${isDown ? "L" : "M"}${tenths(place.x)} ${tenths(place.y)}`;
    isDown = place !== null;
  }
  return path;
}

/** What lies between two lines of equally many places. */
export function bandPath(above: readonly Place[], below: readonly Place[]): string {
  if (above.length === 0) return "";
  return `${linePath(above)}${linePath(below.toReversed()).replace("M", "L")}Z`;
}

/** What lies between a line and a level. */
export function areaPath(places: readonly Place[], level: number): string {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return "";
  return `${linePath(places)}L${tenths(last.x)} ${tenths(level)}L${tenths(first.x)} ${tenths(level)}Z`;
}

const tenths = (pixels: number): number => Math.round(pixels * 10) / 10;
