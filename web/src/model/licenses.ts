/** The list of licences that the build writes: a heading and a text for each package. */

export interface License {
  /** Package and version. */
  readonly name: string;
  readonly license: string;
  readonly text: string;
}

const HEADING = /^## (.+?)(?: \(([^()]+)\))?$/m;

export function parseLicenses(list: string): readonly License[] {
  return list.split(/^(?=## )/m).flatMap((part) => {
    const [heading, name, license = "licence in the text"] = HEADING.exec(part) ?? [];
    if (heading === undefined || name === undefined) return [];
    return [{ name, license, text: part.slice(heading.length).trim() }];
  });
}
