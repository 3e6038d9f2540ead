/** Growing byte buffer with the number encodings of the WebAssembly binary format (LEB128, IEEE little-endian). */

export class Bytes {
  private data = new Uint8Array(256);
  private view = new DataView(this.data.buffer);
  private used = 0;

  get length(): number {
    return this.used;
  }

  /** The bytes written so far, as a copy. */
  toUint8Array(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.used);
  }

  byte(value: number): void {
    this.reserve(1);
    this.data[this.used++] = value;
  }

  append(bytes: ArrayLike<number>): void {
    this.reserve(bytes.length);
    this.data.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** Unsigned LEB128, up to 2^53. */
  unsigned(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer`);
    this.reserve(8);
    while (value >= 128) {
      this.data[this.used++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.data[this.used++] = value;
  }

  /** Signed LEB128 of a 32-bit integer. */
  signed(value: number): void {
    value |= 0;
    this.reserve(5);
    for (;;) {
      const low = value & 127;
      value >>= 7;
      if ((value === 0 && !(low & 64)) || (value === -1 && low & 64)) {
        this.data[this.used++] = low;
        return;
      }
      this.data[this.used++] = low | 128;
    }
  }

  /** Signed LEB128 of a 64-bit integer. */
  signedBig(value: bigint): void {
    value = BigInt.asIntN(64, value);
    for (;;) {
      const low = Number(value & 127n);
      value >>= 7n;
      if ((value === 0n && !(low & 64)) || (value === -1n && low & 64)) {
        this.byte(low);
        return;
      }
      this.byte(low | 128);
    }
  }

  float32(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.used, value, true);
    this.used += 4;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.used, value, true);
    this.used += 8;
  }

  /** Length-prefixed UTF-8. */
  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.unsigned(bytes.length);
    this.append(bytes);
  }

  /** Length-prefixed content of another buffer. */
  section(content: Bytes): void {
    this.unsigned(content.used);
    this.append(content.data.subarray(0, content.used));
  }

  private reserve(extra: number): void {
    if (this.used + extra <= this.data.length) return;
    const grown = new Uint8Array(Math.max(2 * this.data.length, this.used + extra));
    grown.set(this.data);
    this.data = grown;
    this.view = new DataView(grown.buffer);
  }
}
