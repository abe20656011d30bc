// The command line as getopt_long reads that of qemu-ga, spelled out for commander: `-vmx` is `--verbose --method=x`,
// `--meth x` as well, words that belong to no option are dropped, and `--` ends the options.

import type { Option } from "commander";
import { Mistake } from "./mistake.ts";

/** Options that end the reading: nothing behind them counts. */
const LAST: ReadonlySet<unknown> = new Set(["--help", "--version"]);

/** Reads the words of one command line. */
export class Getopt {
  private readonly options: readonly Option[];
  private readonly aliases: Readonly<Record<string, string>>;
  private readonly usage: string;

  /** `command` is how one calls for help; each alias is another name of a long option. */
  constructor(command: string, options: readonly Option[], aliases: Readonly<Record<string, string>>) {
    this.options = options;
    this.aliases = aliases;
    // The original's words: scripts may look for them.
    this.usage = `Unknown option, try '${command} --help' for more information.`;
  }

  /** The options as `--name` and `--name=value`. Throws a Mistake on one that there is not, and on a missing value. */
  read(args: readonly string[]): string[] {
    const found: string[] = [];
    const words = args.values();
    for (const word of words) {
      if (word === "--") break;
      if (!word.startsWith("-") || word === "-") continue;
      if (word.startsWith("--")) {
        const [typed = ""] = word.split("=", 1);
        const value = word.length > typed.length ? word.slice(typed.length + 1) : undefined;
        found.push(this.spelled(this.long(typed), typed, value, words));
      } else {
        found.push(...this.cluster(word, words));
      }
      if (found.some((option) => LAST.has(option))) break;
    }
    return found;
  }

  private *cluster(word: string, words: Iterator<string>): Generator<string> {
    for (let rest = word.slice(1); rest !== "";) {
      const [letter = ""] = rest;
      rest = rest.slice(letter.length);
      const option = this.options.find(({ short }) => short === `-${letter}`);
      if (option === undefined) throw this.mistake(`there is no option '-${letter}'`);
      const value = takesValue(option) && rest !== "" ? rest : undefined;
      if (value !== undefined) rest = "";
      yield this.spelled(option, `-${letter}`, value, words);
    }
  }

  /** The option of this name, or the only one whose name begins so: of qemu-ga's, then of ours, which have no letter. */
  private long(typed: string): Option {
    const named = (name: string): Option | undefined => this.options.find(({ long }) => long === name);
    const exact = named(this.aliases[typed] ?? typed);
    if (exact !== undefined) return exact;
    const [theirs, ours] = [this.options.filter(({ short }) => short), this.options.filter(({ short }) => !short)];
    const aliased = Object.entries(this.aliases).flatMap(([alias, name]) => (alias.startsWith(typed) ? [name] : []));
    const fits = ({ long = "" }: Option): boolean => long.startsWith(typed) || aliased.includes(long);
    const fitting = theirs.some(fits) ? theirs.filter(fits) : ours.filter(fits);
    const [only, another] = fitting;
    if (only === undefined) throw this.mistake(`there is no option '${typed}'`);
    if (another === undefined) return only;
    throw this.mistake(`'${typed}' may be ${fitting.map(({ long }) => long).join(" or ")}`);
  }

  private spelled(option: Option, typed: string, given: string | undefined, words: Iterator<string>): string {
    if (given !== undefined && !takesValue(option)) throw this.mistake(`'${typed}' takes no value`);
    let value = given;
    if (option.required && value === undefined) {
      const next = words.next();
      if (next.done) throw this.mistake(`'${typed}' needs a value`);
      value = next.value;
    }
    return value === undefined ? `${option.long}` : `${option.long}=${value}`;
  }

  private mistake(what: string): Mistake {
    return new Mistake(`${what}. ${this.usage}`);
  }
}

/** At least one attached to it. */
function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}
