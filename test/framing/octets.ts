import type { Random } from '../fuzz/random.ts'

/** Octets on which readers differ. */
const TELLING = '\r\n\t \x00\x0b\x0c\x1f\x7f\x80\x85\xa0\xff:;,=+-_0x1fA"\\/?#@.%'

/** Changes octets anywhere, whatever they mean. */
export function mutate(text: string, random: Random): string {
  if (text.length === 0) return text
  const at = random.int(0, text.length - 1)
  const put = (octets: string, over: number): string => text.slice(0, at) + octets + text.slice(at + over)
  const some = random.int(1, random.chance(0.5) ? 2 : 24)
  switch (random.int(0, 9)) {
    case 0:
      return put(String.fromCharCode(text.charCodeAt(at) ^ (1 << random.int(0, 7))), 1)
    case 1:
      return put(random.pick([...TELLING]), 1)
    case 2:
    case 3:
      return put(random.pick([...TELLING]), 0)
    case 4:
      return put('', some)
    case 5:
      return put(text.slice(at, at + some).repeat(2), some)
    case 6:
      return text.slice(0, at)
    case 7: {
      const from = random.int(0, text.length - 1)
      return put(text.slice(from, from + some), random.chance(0.5) ? 0 : some)
    }
    case 8:
      return atLineEnd(text, random)
    default:
      return put(String.fromCharCode(random.int(0, 255)), 1)
  }
}

/** The end of one of the lines becomes another. */
function atLineEnd(text: string, random: Random): string {
  const at = text.indexOf('\r\n', random.int(0, text.length - 1))
  if (at === -1) return text
  return (
    text.slice(0, at) +
    random.pick(['\n', '\r', '\r\r\n', '\n\r', '\r\n\r\n', '\r\n\n', '', ' \r\n', '\r\n ']) +
    text.slice(at + 2)
  )
}
