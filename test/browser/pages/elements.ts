// Consoles in somebody's own page, each with an agent behind its channel, which is in the same page.

import { type Agent, createAgent } from "guestwire";
import { type Direction, traced } from "guestwire/client";
import { type ConsoleElement, type ConsoleStateDetail, GuestwireConsole } from "guestwire/console";
import introspect from "guestwire/introspect";
import { defineCommand, definePlugin } from "guestwire/plugin";
import { transportPair } from "guestwire/testing";
import { echo } from "../echo.ts";
import { offer } from "./offer.ts";

/** One with what a test wants to know of it. */
interface Place {
  readonly element: ConsoleElement;
  readonly agent: Agent;
  readonly states: ConsoleStateDetail[];
  /** What has gone over its channel. */
  readonly chunks: { readonly direction: Direction; readonly bytes: number[] }[];
  /** Sends from the far end what nobody has asked for. */
  say: (text: string) => void;
  cut: () => void;
}

/** Integers that only careful consoles keep. */
const big = defineCommand({
  name: "big",
  arguments: {},
  run: () => ({ value: 2n ** 53n + 1n, list: ["\u00e4", null] }),
});
const PLUGINS = [echo, introspect, definePlugin({ name: "big", api: 1, commands: [big] })];

const places = new Map<string, Place>();
const gone: WeakRef<object>[] = [];

const place = (name: string): Place => {
  const found = places.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

document.addEventListener("guestwire-state", ({ target, detail }: CustomEventInit & Event) =>
  place((target as Element).id).states.push(detail as ConsoleStateDetail),
);

offer({
  /** Puts one into the page: its name is its id, the key of its history, and its agent's version. */
  add(name: string) {
    const element = new GuestwireConsole();
    const agent = createAgent({ version: name, plugins: PLUGINS });
    const made: Place = { element, agent, states: [], chunks: [], say() {}, cut() {} };
    element.id = name;
    element.setAttribute("storage-key", name);
    element.transport = () => {
      const pair = transportPair();
      agent.serve(pair.agent);
      made.say = (text) => pair.agent.write(new TextEncoder().encode(text));
      made.cut = () => pair.cut(new Error("somebody has cut it"));
      return traced(pair.client, (direction, bytes) => made.chunks.push({ direction, bytes: [...bytes] }));
    };
    places.set(name, made);
    document.body.append(element);
  },
  connect: (name: string) => place(name).element.connect(),
  say: (name: string, text: string) => place(name).say(text),
  cut: (name: string) => place(name).cut(),
  states: (name: string) => place(name).states.splice(0),
  chunks: (name: string) => place(name).chunks,
  sessions: (name: string) => place(name).agent.stats.sessions,

  takeOut: (name: string) => place(name).element.remove(),
  putBack: (name: string) => document.body.append(place(name).element),
  /** To another place in the page. */
  move(name: string) {
    const parent = document.createElement("div");
    document.body.append(parent);
    parent.append(place(name).element);
  },
  /** Connects it and takes it out before that has begun. */
  async connectAndTakeOut(name: string) {
    const { element } = place(name);
    const connecting = element.connect();
    element.remove();
    await connecting;
  },
  /** Nobody has it any more. */
  forget(name: string) {
    gone.push(new WeakRef(place(name).element));
    places.delete(name);
  },
  /** Those that were forgotten and are there all the same. */
  kept: () => gone.filter((element) => element.deref() !== undefined).length,
});
