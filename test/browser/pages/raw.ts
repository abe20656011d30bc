// The Web Serial API itself.

import { offer } from "./offer.ts";

interface RawPort {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  getInfo(): object;
  open(options: { baudRate: number; bufferSize: number }): Promise<void>;
  close(): Promise<void>;
}
const { serial } = navigator as unknown as { serial: EventTarget & { getPorts(): Promise<RawPort[]> } };

let port: RawPort;
let reader: ReadableStreamDefaultReader<Uint8Array>;
let writer: WritableStreamDefaultWriter<Uint8Array>;
const events: string[] = [];
for (const type of ["connect", "disconnect"]) serial.addEventListener(type, () => events.push(type));

offer({
  async ports() {
    return (await serial.getPorts()).map((one) => one.getInfo());
  },
  async open() {
    [port] = (await serial.getPorts()) as [RawPort];
    await port.open({ baudRate: 115_200, bufferSize: 65_536 });
    reader = port.readable.getReader();
    writer = port.writable.getWriter();
  },
  async close() {
    await reader.cancel();
    reader.releaseLock();
    await writer.close();
    writer.releaseLock();
    await port.close();
  },
  /** After a loss. */
  async letGo() {
    reader.releaseLock();
    writer.releaseLock();
    await port.close();
  },
  write: (bytes: number[]) => writer.write(Uint8Array.from(bytes)),
  async read(count: number) {
    const bytes: number[] = [];
    while (bytes.length < count) bytes.push(...((await reader.read()).value ?? []));
    return bytes;
  },
  /** The next of the events so far, as soon as there is one. */
  async event() {
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return events.shift();
  },
});
