// custom-check: the CRC-32 of a text, in UTF-8, so that a client can tell whether the channel carries bytes unharmed.
//
//     {"execute": "custom-check", "arguments": {"text": "123456789", "crc32": "cbf43926"}}
//     {"return": {"crc32": "cbf43926"}}

import { ABSENT, DOMAIN_GENERAL, LEVEL_WARNING, TYPE_STRING } from "guestwire/dist/portable/core/codes";
import { Call, Command, Parameter } from "guestwire/dist/portable/core/command";
import { ascii } from "guestwire/dist/portable/core/bytes";
import { Bytes, newBytes } from "guestwire/dist/portable/core/memory";

/** The polynomial of CRC-32 (IEEE 802.3), least significant bit first. */
const POLYNOMIAL: i32 = 0xedb88320;
const DIGITS: i32 = 8;

const CRC32: Bytes = ascii("crc32");
const DAMAGED: Bytes = ascii("custom-check: a text came damaged");
const NOT_THIS: Bytes = ascii("The text does not have this CRC-32");

export class CustomCheck extends Command {
  private text: Parameter = new Parameter(ascii("text"), TYPE_STRING, true);
  private expected: Parameter = new Parameter(CRC32, TYPE_STRING, false);
  private digits: Bytes = newBytes(DIGITS);

  constructor() {
    super(ascii("custom-check"), 0);
    this.takes(this.text);
    this.takes(this.expected);
  }

  run(call: Call): void {
    const document = call.document;
    const text = this.text.value;
    const expected = this.expected.value;
    writeHex(crc32(document.bytes, document.from(text), document.size(text)), this.digits);
    if (expected !== ABSENT && !document.is(expected, this.digits, 0, DIGITS)) {
      call.log(LEVEL_WARNING, DOMAIN_GENERAL, DAMAGED);
      call.fail(NOT_THIS);
      return;
    }
    call.openObject();
    call.key(CRC32);
    call.string(this.digits, 0, DIGITS);
    call.closeObject();
  }
}

function crc32(bytes: Bytes, from: i32, length: i32): i32 {
  let crc: i32 = -1;
  for (let i = from; i < from + length; i++) {
    crc ^= bytes[i] as i32;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? POLYNOMIAL : 0);
  }
  return ~crc;
}

function writeHex(value: i32, to: Bytes): void {
  for (let i = 0; i < DIGITS; i++) {
    const digit = (value >>> (28 - 4 * i)) & 15;
    to[i] = (digit < 10 ? 0x30 + digit : 0x57 + digit) as u8;
  }
}
