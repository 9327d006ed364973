/** Who asks for a page: a reader of the API, or somebody in its admin. */
export type View = 'browse' | 'admin'

/**
 * What a caller who prefers a page is shown; undefined for all others. A page is preferred where `text/html` is named and
 * JSON is not wanted as much (RFC 9110 §12.5.1): what browsers send when somebody opens an address.
 */
export function preferredView(accept: string | undefined): View | undefined {
  // Nearly all callers that are no browsers end here.
  if (accept === undefined || !/text\/html/i.test(accept)) return undefined
  const ranges = accept.split(',').map(rangeOf)
  const html = ranges.find(({ type }) => type === 'text/html')
  if (html === undefined || html.weight === 0) return undefined
  const named = ranges.find(({ type }) => type === 'application/json')
  if (named !== undefined && named.weight >= html.weight) return undefined
  const wild = ranges.find(({ type }) => type === 'application/*') ?? ranges.find(({ type }) => type === '*/*')
  if (named === undefined && wild !== undefined && wild.weight > html.weight) return undefined
  return html.view === 'admin' ? 'admin' : 'browse'
}

interface MediaRange {
  readonly type: string
  /** From 0 to 1; what has none, or one that is no number, is wanted fully. */
  readonly weight: number
  readonly view: string | undefined
}

function rangeOf(text: string): MediaRange {
  const [type = '', ...params] = text.split(';').map((part) => part.trim().toLowerCase())
  const param = (name: string): string | undefined =>
    params.find((param) => param.startsWith(`${name}=`))?.slice(name.length + 1)
  const weight = Number(param('q') ?? 1)
  return { type, weight: weight >= 0 && weight <= 1 ? weight : 1, view: param('view') }
}
