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
import { Bytes } from "./memory.ts";
import { bucket } from "./order.ts";
import { bytesOf } from "./texts.ts";

const EXECUTE: Bytes = bytesOf("execute");
const ARGUMENTS: Bytes = bytesOf("arguments");
const ID: Bytes = bytesOf("id");

export class Request {
  /** The entries of the members' values, or ABSENT. */
  execute: i32 = ABSENT;
  arguments: i32 = ABSENT;
  id: i32 = ABSENT;
  /** The key that ERR_MEMBER speaks of. */
  member: i32 = ABSENT;

  /** Reads the message; returns NO_ERROR, or what is wrong with it. */
  read(document: Document): i32 {
    this.execute = ABSENT;
    this.arguments = ABSENT;
    this.id = ABSENT;
    if (document.kind(0) !== OBJECT) return ERR_NOT_OBJECT;
    let error = NO_ERROR;
    let place = 0x7fffffff;
    const end = document.end(0);
    for (let key = ENTRY; key < end; key = document.next(key + ENTRY)) {
      const value = key + ENTRY;
      let wrong = NO_ERROR;
      if (document.is(key, EXECUTE, 7)) {
        this.execute = value;
        if (document.kind(value) !== STRING) wrong = ERR_EXECUTE_TYPE;
      } else if (document.is(key, ARGUMENTS, 9)) {
        this.arguments = value;
        if (document.kind(value) !== OBJECT) wrong = ERR_ARGUMENTS_TYPE;
      } else if (document.is(key, ID, 2)) {
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
    if (document.huge && this.id !== ABSENT && hasHuge(document, this.id)) {
      this.id = ABSENT;
      return ERR_ID_RANGE;
    }
    return error === NO_ERROR && this.execute === ABSENT ? ERR_EXECUTE_MISSING : error;
  }
}

function hasHuge(document: Document, value: i32): bool {
  const end = document.next(value);
  for (let entry = value; entry < end; entry += ENTRY) {
    if ((document.flags(entry) & HUGE) !== 0) return true;
  }
  return false;
}
