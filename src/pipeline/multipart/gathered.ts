/** Bytes that come in pieces, held in one: thousands of pieces of one byte would take a hundred times their length. */
export class Gathered {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  length = 0

  put(piece: Uint8Array): void {
    const length = this.length + piece.length
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(this.#bytes.length * 2, length + 65_536)))
      grown.set(this.#bytes.subarray(0, this.length))
      this.#bytes = grown
    }
    this.#bytes.set(piece, this.length)
    this.length = length
  }

  /** What is there. It is a view: what comes later may be in it as well. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length)
  }
}
