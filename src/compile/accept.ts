/** Chooses among media types by what a caller accepts. */
export interface Acceptance {
  /** What there is to choose from, as Content-Type has it. The first is for who does not say. */
  readonly mediaTypes: readonly string[]
  /** The place of the one that suits `Accept` best; -1 where none does. */
  readonly best: (accept: string | undefined) => number
}

interface Range {
  readonly type: string
  readonly subtype: string
  /** `name=value`, in lower case. */
  readonly parameters: readonly string[]
  readonly quality: number
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9a-zA-Z]+"
const TYPE = new RegExp(`[ \\t]*(${TOKEN})/(${TOKEN})`, 'y')
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`, 'y')
const BLANKS = /[ \t]*/y
/** Three digits at the most (RFC 9110 §12.4.2). */
const QUALITY = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/** Nobody needs more; what comes behind is not looked at. */
const MOST_MEMBERS = 100
/** Fields that are kept with what came of them: callers send the same few again and again. */
const KEPT = 200
const LONGEST_KEPT = 300

/** Makes a chooser: proactive negotiation of RFC 9110 §12.5.1. */
export function createAcceptance(mediaTypes: readonly string[]): Acceptance {
  const offers = mediaTypes.map((one) => readRanges(one)[0] as Range)
  const known = new Map<string, number>()
  return {
    mediaTypes,
    best: (accept) => {
      if (accept === undefined || accept === '*/*' || offers.length === 0) return 0
      const before = known.get(accept)
      if (before !== undefined) return before
      const found = bestOf(offers, accept)
      if (accept.length <= LONGEST_KEPT) {
        if (known.size >= KEPT) known.clear()
        known.set(accept, found)
      }
      return found
    },
  }
}

function bestOf(offers: readonly Range[], accept: string): number {
  const ranges = readRanges(accept)
  // A field that says nothing, or nothing that can be read, is as if it were not there.
  if (ranges.length === 0) return 0
  let best = -1
  let most = 0
  for (const [index, offer] of offers.entries()) {
    const quality = qualityOf(offer, ranges)
    if (quality > most) {
      most = quality
      best = index
    }
  }
  return best
}

/** The weight that the most specific range gives; 0 where none matches. */
function qualityOf(offer: Range, ranges: readonly Range[]): number {
  let quality = 0
  let specificity = -1
  for (const range of ranges) {
    const own = specificityOf(range, offer)
    if (own > specificity || (own === specificity && own !== -1 && range.quality > quality)) {
      specificity = own
      quality = range.quality
    }
  }
  return quality
}

/** How exactly a range names an offer: by all, by its type, as it is, with parameters; -1 where it does not. */
function specificityOf(range: Range, offer: Range): number {
  if (range.type === '*') return 0
  if (range.type !== offer.type) return -1
  if (range.subtype === '*') return 1
  if (range.subtype !== offer.subtype) return -1
  // All that is text is UTF-8, whether it says so or not.
  const has = (one: string): boolean => one === 'charset=utf-8' || offer.parameters.includes(one)
  return range.parameters.every(has) ? 2 + range.parameters.length : -1
}

/** The ranges of a field; members that are none are left out. */
function readRanges(text: string): Range[] {
  const ranges: Range[] = []
  let at = 0
  for (let members = 0; at < text.length && members < MOST_MEMBERS; members++) {
    const read = readRange(text, at)
    if (read !== undefined) {
      ranges.push(read.range)
      at = read.end + 1
    } else {
      const comma = text.indexOf(',', at)
      at = comma === -1 ? text.length : comma + 1
    }
  }
  return ranges
}

/** One range, which ends at a comma or with the field. */
function readRange(text: string, from: number): { readonly range: Range; readonly end: number } | undefined {
  TYPE.lastIndex = from
  const found = TYPE.exec(text)
  if (found === null) return undefined
  const [type, subtype] = [(found[1] as string).toLowerCase(), (found[2] as string).toLowerCase()]
  if (type === '*' && subtype !== '*') return undefined
  const parameters: string[] = []
  let quality = 1
  let isWeighed = false
  let at = TYPE.lastIndex
  for (;;) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(text)
    if (parameter === null) break
    at = PARAMETER.lastIndex
    const [, name, token, quoted] = parameter
    if (name === undefined || isWeighed) continue // what follows the weight says nothing of the type
    const value = token ?? (quoted as string).replace(/\\(.)/g, '$1')
    if (name.toLowerCase() === 'q') {
      if (!QUALITY.test(value)) return undefined
      quality = Number(value)
      isWeighed = true
    } else parameters.push(`${name}=${value}`.toLowerCase())
  }
  BLANKS.lastIndex = at
  BLANKS.exec(text)
  const end = BLANKS.lastIndex
  if (end < text.length && text[end] !== ',') return undefined
  return { range: { type, subtype, parameters, quality }, end }
}
