// Whether two agents said the same, where one of them is the real one: byte for byte, but for what docs/wire.md says is
// different on purpose. Those differences are narrow, and each is a rule here.

/** A number beyond a double: the real agent prints `inf`, which is no JSON; ours refuses the id. */
const REFUSED_ID = '{"error": {"class": "GenericError", "desc": "QMP input member \'id\' has a number out of range"}}';
const INFINITY = /[ [{]-?inf[,\]} ]/;

/** Sentences that echo a piece of the request. Ours cuts it at 256 bytes; the real agent at 1023 in some of them. */
const ECHOING = [
  /^(JSON parse error, stray ')([^]*?)('?)$/,
  /^(JSON parse error, invalid keyword ')([^]*?)('?)$/,
  /^(The command )([^]*?)( has not been found)$/,
  /^(QMP input member ')([^]*?)(' is unexpected)$/,
  /^(Parameter ')([^]*?)(' is unexpected)$/,
];
/** A cut echo is at least this long; a character of up to six broken bytes is one of it. */
const LEAST_CUT = 250 / 6;

/** Whether what ours wrote stands for what the real agent wrote. Both are in latin-1, one character a byte. */
export function agree(ours: string, real: string): boolean {
  if (ours === real) return true;
  const mine = ours.split("\n");
  const theirs = real.split("\n");
  return mine.length === theirs.length && mine.every((line, index) => agreeLine(line, theirs[index] as string));
}

function agreeLine(ours: string, real: string): boolean {
  if (ours === real) return true;
  if (ours === REFUSED_ID) return INFINITY.test(withoutStrings(real));
  const flagged = ours.startsWith("\xff");
  if (flagged !== real.startsWith("\xff")) return false;
  let mine: unknown;
  let theirs: unknown;
  try {
    mine = parseExact(flagged ? ours.slice(1) : ours);
    theirs = parseExact(flagged ? real.slice(1) : real);
  } catch {
    return false;
  }
  return sameKeys(mine, theirs) && (sameValue(mine, theirs) || sameButCut(mine, theirs));
}

function withoutStrings(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

/** JSON with nothing lost: strings and numbers both become strings, a letter in front says which. */
export function parseExact(json: string): unknown {
  return JSON.parse(
    json.replace(/"((?:[^"\\]|\\.)*)"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token, text?: string) =>
      text === undefined ? `"n${token}"` : `"s${text}"`,
    ),
  );
}

/** The outermost keys come in one order, which is not free. */
function sameKeys(ours: unknown, real: unknown): boolean {
  return isRecord(ours) && isRecord(real) && Object.keys(ours).join() === Object.keys(real).join();
}

/** Values are the same: integers by digit, floats by the double they stand for, objects in any order of keys. */
export function sameValue(ours: unknown, real: unknown): boolean {
  if (ours === real) return true;
  if (typeof ours === "string" && typeof real === "string") return isNumber(ours) && isNumber(real) && sameDouble(ours, real);
  if (Array.isArray(ours)) {
    return Array.isArray(real) && ours.length === real.length && ours.every((item, index) => sameValue(item, real[index]));
  }
  if (!isRecord(ours) || !isRecord(real)) return false;
  const keys = Object.keys(ours);
  return keys.length === Object.keys(real).length && keys.every((key) => Object.hasOwn(real, key) && sameValue(ours[key], real[key]));
}

function isNumber(exact: string): boolean {
  return exact.startsWith("n");
}

function sameDouble(ours: string, real: string): boolean {
  const integers = /^n-?\d+$/.test(ours) && /^n-?\d+$/.test(real);
  return !integers && Object.is(Number(ours.slice(1)), Number(real.slice(1)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Errors that differ only in how much of the request they echo. */
function sameButCut(ours: unknown, real: unknown): boolean {
  const mine = description(ours);
  const theirs = description(real);
  if (mine === undefined || theirs === undefined) return false;
  const rest = (value: unknown): unknown => ({ ...(value as Record<string, unknown>), serror: undefined });
  if (!sameValue(rest(ours), rest(real))) return false;
  return ECHOING.some((sentence) => {
    const one = sentence.exec(mine);
    const other = sentence.exec(theirs);
    if (one === null || other === null || one[3] === undefined || one[3] === "") return one !== null && false;
    const echo = one[2] as string;
    const whole = other[2] as string;
    return one[1] === other[1] && echo.length >= LEAST_CUT && echo.length < whole.length && whole.startsWith(echo);
  });
}

function description(reply: unknown): string | undefined {
  const error = isRecord(reply) ? reply["serror"] : undefined;
  const text = isRecord(error) ? error["sdesc"] : undefined;
  return typeof text === "string" ? text.slice(1) : undefined;
}
