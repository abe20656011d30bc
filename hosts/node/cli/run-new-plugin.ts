// What `guestwire new-plugin` does: copies plugins/template, with the names filled in.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../common/index.ts";
import { Mistake } from "./mistake.ts";
import type { NewPluginFlags } from "./new-plugin-command.ts";
import { quoted } from "./printable.ts";

const PREFIX = "guestwire-plugin-";
/** What packages and commands may both be called; a command's name has 128 characters at most. */
const NAME = /^(?=.{1,64}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** QEMU's commands begin with guest-, ours with guestwire-. */
const TAKEN = /^guest(wire)?(-|$)/;
/** Files that have other names in the template: as part of this package they must mean nothing to npm. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: ".gitignore", "manifest.json": "package.json" };

/** Writes the package and says what to do next. Throws a Mistake where the name or the folder will not do. */
export function runNewPlugin(name: string, flags: NewPluginFlags): void {
  const topic = topicOf(name);
  const folder = flags.dir ?? `${PREFIX}${topic}`;
  if (folder === "") throw new Mistake("say where the plugin is to be: --dir FOLDER");
  try {
    if (filesIn(folder).length > 0) throw new Mistake(`${folder} is not empty; name another folder with --dir`);
    copy(folder, topic);
  } catch (error) {
    throw asMistake(folder, error as NodeJS.ErrnoException);
  }
  process.stdout.write(nextSteps(folder, topic));
}

/** What the plugin is about. A whole package's name will do, too. */
function topicOf(name: string): string {
  const topic = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
  if (!NAME.test(topic)) {
    const rule = "small letters, digits and single '-', 64 at most, a letter first";
    throw new Mistake(`'${name}' is no name for a plugin: ${rule}, such as clock`);
  }
  if (TAKEN.test(topic))
    throw new Mistake(`commands that begin with guest- are QEMU's, with guestwire- ours; not '${name}'`);
  return topic;
}

function copy(folder: string, topic: string): void {
  const template = templateFolder();
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(template, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const source = join(file.parentPath, file.name);
    const text = readFileSync(source, "utf8").replaceAll("__NAME__", topic).replaceAll("__VERSION__", VERSION);
    const target = join(folder, dirname(source.slice(template.length)), RENAMED[file.name] ?? file.name);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}

/** It is in the package. Throws a Mistake where this runs without it, as one file. */
function templateFolder(): string {
  try {
    return fileURLToPath(new URL("plugins/template/", import.meta.resolve("guestwire/package.json")));
  } catch {
    throw new Mistake("new-plugin needs the whole package: npx guestwire new-plugin NAME");
  }
}

/** What is in a folder; nothing where it is not there. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function asMistake(folder: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof Mistake || error.code === undefined) return error;
  if (error.code === "ENOTDIR") return new Mistake(`${folder} is not a folder; name another one with --dir`);
  return new Mistake(`${folder} cannot be written (${error.code}); name another folder with --dir`);
}

function nextSteps(folder: string, topic: string): string {
  const word = /^[\w./-]+$/.test(folder) ? folder : quoted(folder);
  return `${folder} is there. What to do next:

  cd ${word}
  npm install
  npm test
  npm start          an agent with the plugin, on agent.sock; then there, in another terminal:
  npx guestwire call agent.sock ${topic}-hello '{"name": "you"}'

The commands are in src/index.ts, their tests in test/. Once it is installed, node_modules/guestwire/docs/plugins.md
says all that they can have.
`;
}
