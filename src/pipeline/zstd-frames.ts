import { NotInCoding } from './incoming.ts'

/** Octets of the magic number of a frame, and of one that is passed over but for its first (RFC 8878 §3.1). */
const FRAME = [0x28, 0xb5, 0x2f, 0xfd]
const SKIPPABLE = [0x2a, 0x4d, 0x18]

/** Octets of the header's fields, by their flags in its first (§3.1.1.1). */
const DICTIONARY_ID = [0, 1, 2, 4]
const CONTENT_SIZE = [0, 2, 4, 8]

/** Frames that a body may have whatever their lengths, and octets that all have on average where there are more. */
const FRAMES = 1000
const AVERAGE = 1000

type Step = 'magic' | 'descriptor' | 'block' | 'length' | 'end'

/**
 * Where the frames of Zstandard end: a body may have several. Of runtimes' decoders some stop after the first, and some
 * take a part of one for the whole.
 */
export class ZstdFrames {
  #step: Step = 'magic'
  /** Octets of what is read, until there are so many. */
  #held: number[] = []
  #wanted = 4
  /** Octets that are passed over before that. */
  #skip = 0
  #checksum = 0
  #frames = 0
  #octets = 0

  /** True where no frame has begun that has not ended. */
  get isBetween(): boolean {
    return this.#step === 'magic' && this.#held.length === 0
  }

  /**
   * Reads on, to the end of a frame or of what there is.
   *
   * @returns where that is.
   * @throws {NotInCoding} where a frame should begin, and none does; and for many that are tiny: each is decoded by itself,
   * so that 1 MB of them would take seconds.
   */
  read(bytes: Uint8Array, from: number): number {
    let at = from
    while (at < bytes.byteLength) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, bytes.byteLength - at)
        this.#skip -= passed
        at += passed
      } else {
        this.#held.push(bytes[at] as number)
        at++
        if (this.#held.length < this.#wanted) continue
        this.#take(this.#held)
        this.#held = []
      }
      if (this.#step === 'end' && this.#skip === 0) {
        this.#next('magic', 4)
        this.#frames++
        break
      }
    }
    this.#octets += at - from
    if (this.#frames > FRAMES && this.#octets < this.#frames * AVERAGE) {
      throw new NotInCoding('The zstd body has too many frames that are too short')
    }
    return at
  }

  #next(step: Step, wanted: number): void {
    this.#step = step
    this.#wanted = wanted
  }

  #take(octets: readonly number[]): void {
    const [first = 0] = octets
    switch (this.#step) {
      case 'magic':
        if (FRAME.every((octet, index) => octet === octets[index])) this.#next('descriptor', 1)
        else if (first >> 4 === 5 && SKIPPABLE.every((octet, index) => octet === octets[index + 1])) {
          this.#next('length', 4)
        } else throw new NotInCoding('The body is not zstd, or goes on after its end')
        return
      case 'descriptor': {
        const isSingle = (first & 0x20) !== 0
        const size = first >> 6
        this.#checksum = (first & 0x04) === 0 ? 0 : 4
        this.#skip =
          (isSingle ? 0 : 1) +
          (DICTIONARY_ID[first & 0x03] as number) +
          (size === 0 && isSingle ? 1 : (CONTENT_SIZE[size] as number))
        return this.#next('block', 3)
      }
      case 'block': {
        const head = numberOf(octets)
        // One octet, said many times over.
        const isRun = ((head >> 1) & 0x03) === 1
        this.#skip = isRun ? 1 : head >> 3
        if ((head & 0x01) === 0) return
        this.#skip += this.#checksum
        return this.#next('end', 0)
      }
      case 'length':
        this.#skip = numberOf(octets)
        return this.#next('end', 0)
    }
  }
}

function numberOf(octets: readonly number[]): number {
  return octets.reduceRight((number, octet) => number * 256 + octet, 0)
}
