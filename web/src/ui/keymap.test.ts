import { describe, expect, test, vi } from "vitest";
import { Keymap, PAIR_MS } from "./keymap";

const bound = (...keys: readonly string[]): Keymap => {
  const keymap = new Keymap();
  for (const key of keys) keymap.bind({ key, does: key, act: vi.fn() });
  return keymap;
};

describe("keymap", () => {
  test("a single key does what it is bound to", () => {
    expect(bound("t").press("t", 0)?.key).toBe("t");
  });

  test("a pair is pressed in turn, and its first key alone does nothing", () => {
    const keymap = bound("g i", "i");
    expect(keymap.press("g", 0)).toBeNull();
    expect(keymap.press("i", 100)?.key).toBe("g i");
    expect(keymap.press("i", 200)?.key).toBe("i");
  });

  test("a second key that comes too late stands alone", () => {
    const keymap = bound("g i", "i");
    keymap.press("g", 0);
    expect(keymap.press("i", PAIR_MS + 1)?.key).toBe("i");
  });

  test("a pair that nothing is bound to is over with its second key", () => {
    const keymap = bound("g i", "x");
    keymap.press("g", 0);
    expect(keymap.press("x", 1)).toBeNull();
    expect(keymap.press("x", 2)?.key).toBe("x");
  });

  test("the newest binding counts until it is taken away", () => {
    const keymap = bound("f");
    const unbind = keymap.bind({ key: "f", does: "newer", act: vi.fn() });
    expect(keymap.press("f", 0)?.does).toBe("newer");
    unbind();
    expect(keymap.press("f", 1)?.does).toBe("f");
  });
});
