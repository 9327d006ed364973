import type { Framing } from './framing.ts'
import type { Octets } from './octets.ts'

/** The field lines of a header section (RFC 9112 §5), looked up when somebody asks: most are never asked for. */
export class FieldLines {
  readonly #text: string
  readonly #spans: readonly number[]
  /** What they say of connection and body, once that is known: of a plain request they say all. */
  framing: Framing | undefined = undefined

  /** @param spans start and end of a name, start and end of its value, by turns. */
  constructor(text: string, spans: readonly number[]) {
    this.#text = text
    this.#spans = spans
  }

  /** Octets of all of them, with the empty line that ends them; 0 where there is no section. */
  get length(): number {
    return this.#text.length
  }

  /** Where they end in `bytes` if the section that begins at `from` is the same, octet by octet; -1 if it is not. */
  endIn(bytes: Octets, from: number, to: number): number {
    const end = from + this.length
    if (end > to || this.length === 0) return -1
    return bytes.latin1Slice(from, end) === this.#text ? end : -1
  }

  /** How many field lines there are. */
  get count(): number {
    return this.#spans.length / 4
  }

  /** Octets in the name of a field line; cheaper than the name. */
  nameLength(index: number): number {
    return (this.#spans[index * 4 + 1] as number) - (this.#spans[index * 4] as number)
  }

  /** @param name in lower case, of that length. */
  isNamed(index: number, name: string): boolean {
    // As most programs write it: nothing is copied then.
    return this.#text.startsWith(name, this.#spans[index * 4]) || this.name(index) === name
  }

  /** The name of a field line, in lower case. */
  name(index: number): string {
    return this.#text.slice(this.#spans[index * 4], this.#spans[index * 4 + 1]).toLowerCase()
  }

  value(index: number): string {
    return this.#text.slice(this.#spans[index * 4 + 2], this.#spans[index * 4 + 3])
  }

  /**
   * The value of a field; of several lines, all (RFC 9110 §5.3).
   *
   * @param name in lower case.
   */
  field(name: string): string | undefined {
    let found: string | undefined
    for (let i = 0; i < this.count; i++) {
      if (this.nameLength(i) !== name.length || !this.isNamed(i, name)) continue
      const value = this.value(i)
      found = found === undefined ? value : `${found}${name === 'cookie' ? '; ' : ', '}${value}`
    }
    return found
  }
}
