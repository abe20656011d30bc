// Views of a buffer: making one costs as much as a short request, and replies of one length at one place are common.

export class Views {
  private last: Uint8Array = new Uint8Array(0);

  /** `length` bytes of `bytes` from `from`. Valid until the next call. */
  of(bytes: Uint8Array, from: number, length: number): Uint8Array {
    const last = this.last;
    if (last.length === length && last.byteOffset === bytes.byteOffset + from && last.buffer === bytes.buffer)
      return last;
    this.last = bytes.subarray(from, from + length);
    return this.last;
  }
}
