// GLib key files, in which qemu-ga keeps its configuration: `[group]`, `key=value`, and comments that begin with `#`.
// Bytes are taken as latin-1, for GLib asks for UTF-8 in values only, and only in those that somebody reads.

/** What is wrong with a key file, with the line. */
export class KeyFileError extends Error {
  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`);
  }
}

interface Value {
  readonly raw: string;
  readonly line: number;
}

const SPACE_BEFORE = /^[ \t\f\r]+/;
const SPACE_BEHIND = /[ \t\f\r]+$/;
const GROUP = /^\[([^\]]*)\][ \t]*$/;
// oxlint-disable-next-line no-control-regex
const GROUP_NAME = /^[^[\x00-\x1f\x7f]+$/;
/** A locale may follow the name; nothing here has one, but GLib is strict about it. */
const KEY = /^[^[\]]*[^[\] ](?:\[([^\]]*)\])?$/;
const LOCALE = /^[\p{L}\p{N}_.@-]*$/u;
const ESCAPES = new Map(Object.entries({ s: " ", n: "\n", t: "\t", r: "\r", "\\": "\\" }));
const BOOLEANS = new Map(Object.entries({ true: true, 1: true, false: false, 0: false }));

export class KeyFile {
  private readonly groups = new Map<string, Map<string, Value>>();

  /** Reads a file. Throws a KeyFileError where GLib refuses it. */
  constructor(bytes: Uint8Array) {
    let group: string | undefined;
    const lines = Buffer.from(bytes).toString("latin1").split("\n");
    for (const [index, text] of lines.entries()) {
      // A carriage return belongs to the line feed behind it; and to GLib a line is a C string.
      const whole = index < lines.length - 1 ? text.replace(/\r$/, "") : text;
      const line = (whole.split("\0", 1)[0] ?? "").replace(SPACE_BEFORE, "");
      if (line === "" || line.startsWith("#")) continue;
      const name = GROUP.exec(line)?.[1];
      if (name === undefined) {
        this.add(group, line, index + 1);
      } else {
        if (!GROUP_NAME.test(name)) throw new KeyFileError(index + 1, `${shown(name)} is no name of a group`);
        group = name;
        if (!this.groups.has(name)) this.groups.set(name, new Map());
      }
    }
  }

  private add(group: string | undefined, text: string, line: number): void {
    const equals = text.indexOf("=");
    if (equals <= 0) throw new KeyFileError(line, `${shown(text)} is no group, key=value or comment`);
    if (group === undefined) throw new KeyFileError(line, "there is a key before the first group");
    const key = text.slice(0, equals).replace(SPACE_BEHIND, "");
    if (!isKey(key)) throw new KeyFileError(line, `${shown(key)} is no name of a key`);
    const raw = text.slice(equals + 1).replace(SPACE_BEFORE, "");
    const [first] = this.groups.keys();
    if (group === first && key === "Encoding" && !/^utf-8$/i.test(raw)) {
      throw new KeyFileError(line, `the encoding is to be UTF-8, not ${shown(raw)}`);
    }
    this.groups.get(group)?.set(key, { raw, line });
  }

  /** A text, without its escapes. Undefined where the key is not there. Throws a KeyFileError, as `boolean` does. */
  string(group: string, key: string): string | undefined {
    const { raw, line } = this.groups.get(group)?.get(key) ?? {};
    if (raw === undefined || line === undefined) return undefined;
    const text = decode(raw);
    if (Buffer.from(text).toString("latin1") !== raw) throw new KeyFileError(line, `the value of ${key} is not UTF-8`);
    return text.replace(/\\(.?)/gs, (escape, char: string) => {
      const meant = ESCAPES.get(char);
      if (meant === undefined) throw new KeyFileError(line, `${shown(escape)} in the value of ${key} means nothing`);
      return meant;
    });
  }

  /** One of `true false 1 0`. */
  boolean(group: string, key: string): boolean | undefined {
    const { raw, line } = this.groups.get(group)?.get(key) ?? {};
    if (raw === undefined || line === undefined) return undefined;
    const value = BOOLEANS.get(raw.replace(SPACE_BEHIND, ""));
    if (value === undefined) throw new KeyFileError(line, `${key} takes true or false, not ${shown(raw)}`);
    return value;
  }
}

function isKey(key: string): boolean {
  const [name, locale = ""] = KEY.exec(key) ?? [];
  return name !== undefined && LOCALE.test(decode(locale));
}

const decode = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");

const shown = (latin1: string): string => `'${decode(latin1.slice(0, 40))}${latin1.length > 40 ? "…" : ""}'`;
