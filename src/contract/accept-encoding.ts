/** How much a caller wants each coding: 0 is not at all, undefined where nothing is said of it. */
export type Weights = (coding: string) => number | undefined

/** A weight (RFC 9110 §12.4.2). */
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/** Reads `Accept-Encoding` (RFC 9110 §12.5.3). What is no weight says nothing: the coding is taken. */
export function readAcceptEncoding(text: string): Weights {
  const weights = new Map<string, number>()
  for (const item of text.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.flatMap((one) => WEIGHT.exec(one)?.[1] ?? [])[0]
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, weight === undefined ? 1 : Number(weight))
  }
  return (coding) => weights.get(coding) ?? weights.get('*')
}
