import { expect, test } from "vitest";
import {
  fieldsOf,
  initialValues,
  type ParamField,
  paramValue,
  swept,
  trialsOf,
  wrongWith,
} from "./params";

const fields = fieldsOf({
  params: {
    fast: { kind: "integer", default: 9, minimum: "2", maximum: "200", doc: "Bars." },
    share: { kind: "decimal", default: "0.5" },
    long_only: { kind: "flag", default: true },
    price: { kind: "text", default: "close", choices: ["close", "open"] },
    note: { kind: "text" },
  },
});
const named = (name: string): ParamField => {
  const found = fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

test("a strategy has a field for each parameter", () => {
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
    ["fast", "integer"],
    ["share", "decimal"],
    ["long_only", "flag"],
    ["price", "text"],
    ["note", "text"],
  ]);
  expect(initialValues(fields)).toEqual({
    fast: "9",
    share: "0.5",
    long_only: "true",
    price: "close",
    note: "",
  });
  expect(fieldsOf({})).toEqual([]);
});

test("what is entered is checked before it is sent", () => {
  expect(wrongWith(named("fast"), "9")).toBeUndefined();
  expect(wrongWith(named("fast"), "9.5")).toContain("whole");
  expect(wrongWith(named("fast"), "1")).toContain("2 at least");
  expect(wrongWith(named("fast"), "201")).toContain("200 at most");
  expect(wrongWith(named("share"), "1e3")).toContain("decimal");
  expect(wrongWith(named("note"), "")).toContain("needed");
  expect(wrongWith(named("price"), "low")).toContain("one of close, open");
});

test("a decimal stays a text", () => {
  expect(paramValue(named("fast"), "9")).toBe(9);
  expect(paramValue(named("share"), "0.10")).toBe("0.10");
  expect(paramValue(named("long_only"), "false")).toBe(false);
});

test("a sweep is values and ranges, each once", () => {
  expect(swept(named("fast"), "5, 9,9, 12..14")).toEqual([5, 9, 12, 13, 14]);
  expect(swept(named("share"), "0.1, 0.20")).toEqual(["0.1", "0.20"]);
  expect(swept(named("fast"), "5, x")).toBeNull();
  expect(swept(named("fast"), "1..3")).toBeNull();
  expect(swept(named("fast"), "")).toBeNull();
  expect(trialsOf({ fast: [5, 9], slow: [21, 30, 50] })).toBe(6);
});
