import { expect, it } from "vitest";
import { parseLicenses } from "./licenses";

const LIST = `# Licenses

The app bundles dependencies which contain the following licenses:

## @tanstack/history - 1.162.5 (MIT)

MIT License

Copyright (c) somebody

## inter - 5.3.0

Open Font License
`;

it("knows each package with its licence and text", () => {
  expect(parseLicenses(LIST)).toEqual([
    {
      name: "@tanstack/history - 1.162.5",
      license: "MIT",
      text: "MIT License\n\nCopyright (c) somebody",
    },
    { name: "inter - 5.3.0", license: "licence in the text", text: "Open Font License" },
  ]);
  expect(parseLicenses("")).toEqual([]);
});
