// The envelope: execute, arguments, id (PROTOCOL 3). Of several bad members the one that is first in QEMU's order is named.

import {
  ABSENT,
  ERR_ARGUMENTS_TYPE,
  ERR_EXECUTE_MISSING,
  ERR_EXECUTE_TYPE,
  ERR_ID_RANGE,
  ERR_MEMBER,
  ERR_NOT_OBJECT,
  NO_ERROR,
  OBJECT,
  STRING,
} from "./codes.ts";
import { Document, ENTRY, HUGE } from "./document.ts";
import { bucket } from "./order.ts";
import { TEXTS, TEXT_ARGUMENTS, TEXT_EXECUTE, TEXT_ID, textAt, textLength } from "./texts.ts";

export class Request {
  /** The entry of the arguments object, or ABSENT. */
  arguments: i32 = ABSENT;
  /** The entries of the other members' values, or ABSENT. */
  protected execute: i32 = ABSENT;
  protected id: i32 = ABSENT;
  /** The key that ERR_MEMBER speaks of. */
  protected member: i32 = ABSENT;

  constructor(public document: Document) {}

  /** Reads the message; returns NO_ERROR, or what is wrong with it. */
  protected read(): i32 {
    const document = this.document;
    this.execute = ABSENT;
    this.arguments = ABSENT;
    this.id = ABSENT;
    this.member = ABSENT;
    if (document.kind(0) !== OBJECT) return ERR_NOT_OBJECT;
    let error = NO_ERROR;
    let place = 0x7fffffff;
    const end = document.end(0);
    for (let key = ENTRY; key < end; key = document.nextKey(key)) {
      const value = key + ENTRY;
      const kind = document.kind(value);
      let wrong = NO_ERROR;
      if (this.isNamed(key, TEXT_EXECUTE)) {
        this.execute = value;
        if (kind !== STRING) wrong = ERR_EXECUTE_TYPE;
      } else if (this.isNamed(key, TEXT_ARGUMENTS)) {
        this.arguments = value;
        if (kind !== OBJECT) wrong = ERR_ARGUMENTS_TYPE;
      } else if (this.isNamed(key, TEXT_ID)) {
        this.id = value;
      } else {
        wrong = ERR_MEMBER;
      }
      if (wrong !== NO_ERROR) {
        const own = bucket(document, key);
        if (own <= place) {
          place = own;
          error = wrong;
          this.member = key;
        }
      }
    }
    // What cannot be echoed is refused before anything runs, and without it.
    if (this.id !== ABSENT) {
      const behind = document.next(this.id);
      for (let entry = this.id; entry < behind; entry += ENTRY) {
        if ((document.flags(entry) & HUGE) !== 0) {
          this.id = ABSENT;
          return ERR_ID_RANGE;
        }
      }
    }
    return error === NO_ERROR && this.execute === ABSENT ? ERR_EXECUTE_MISSING : error;
  }

  private isNamed(key: i32, text: i32): bool {
    return this.document.is(key, TEXTS, textAt(text), textLength(text));
  }
}
