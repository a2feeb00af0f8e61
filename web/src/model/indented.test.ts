import fc from "fast-check";
import { expect, test } from "vitest";
import { indented } from "./indented";

test("JSON is set out as the language does it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(indented(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    }),
  );
});

test("spaces that were there are not kept", () => {
  expect(indented(' { "a" :\n[ 1 , "b c" ] } ')).toBe('{\n  "a": [\n    1,\n    "b c"\n  ]\n}');
});

test("no number loses a digit", () => {
  const text = '{"amountIn":340282366920938463463374607431768211455,"price":1.10}';
  expect(indented(text).replaceAll(/\s/g, "")).toBe(text);
});

test.each(["", "nothing", '{"a":', "\\xff{}"])("what is no JSON stays as it is: %s", (text) => {
  expect(indented(text)).toBe(text);
});
