// The far end of the wire, in the hands of a test.

import type { TestContext } from "node:test";
import { Client } from "../hosts/rig.ts";
import type { SerialPort } from "./serial-port.ts";

/** Every byte value, as a text in latin-1. */
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString("latin1");

/** What pages, whose bytes are lists of numbers, make of a text in latin-1. */
export const numbers = (text: string): number[] => [...Buffer.from(text, "latin1")];

/** Takes the far end until the test is over. */
export async function takeFarEnd(t: TestContext, port: SerialPort): Promise<Client> {
  const client = await Client.connect(port.far);
  t.after(() => client.reset());
  return client;
}
