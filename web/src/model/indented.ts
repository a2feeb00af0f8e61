/**
 * JSON for people: a token a line, as deep as it stands.
 *
 * The text is never parsed into values, so no number loses a digit and no key its place. What is
 * no JSON is returned as it is.
 */
const INDENT = "  ";

export function indented(text: string): string {
  if (!isJson(text)) return text;
  const pieces: string[] = [];
  let [depth, before] = [0, ""];
  for (const [token] of text.matchAll(TOKENS)) {
    const isClosing = token === "}" || token === "]";
    if (isClosing) depth -= 1;
    if (isClosing ? !isOpening(before) : isOpening(before) || before === ",") {
      pieces.push(`\n${INDENT.repeat(depth)}`);
    }
    pieces.push(token === ":" ? ": " : token);
    if (isOpening(token)) depth += 1;
    before = token;
  }
  return pieces.join("");
}

/** Strings whole, signs by themselves, and numbers and words between them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

const isOpening = (token: string): boolean => token === "{" || token === "[";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
