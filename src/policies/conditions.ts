import { readDate, readTags } from './validators.ts'

/** What a resource is now, by its header fields; undefined where there is none. */
export type State = { readonly etag?: string | undefined; readonly lastModified?: string | undefined } | undefined

/** What a request asks beforehand. */
export interface Asking {
  readonly method: string
  readonly header: (name: string) => string | undefined
}

/** What comes of it: go on, or answer with that status. */
export type Verdict = 'go on' | 304 | 412

/** The order of RFC 9110 §13.2.2. What is no date is as if it were not there, what is no tag matches nothing. */
export function judge({ method, header }: Asking, state: State): Verdict {
  const ifMatch = header('if-match')
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, state, false)) return 412
  } else if (isAfter(state, header('if-unmodified-since')) === true) return 412

  const isRead = method === 'GET' || method === 'HEAD'
  const ifNoneMatch = header('if-none-match')
  if (ifNoneMatch !== undefined) {
    if (matches(ifNoneMatch, state, true)) return isRead ? 304 : 412
  } else if (isRead && isAfter(state, header('if-modified-since')) === false) return 304
  return 'go on'
}

/** Strong comparison for who writes, weak for who reads (§8.8.3.2). */
function matches(field: string, state: State, isWeakEnough: boolean): boolean {
  if (field.trim() === '*') return state !== undefined
  const [own] = state?.etag === undefined ? [] : readTags(state.etag)
  if (own === undefined || (own.isWeak && !isWeakEnough)) return false
  return readTags(field).some(({ value, isWeak }) => value === own.value && (isWeakEnough || !isWeak))
}

/** True where it changed after that, by the second; undefined where one of the two is not known. */
function isAfter(state: State, since: string | undefined): boolean | undefined {
  const modified = state?.lastModified === undefined ? undefined : readDate(state.lastModified)
  const time = since === undefined ? undefined : readDate(since)
  return modified === undefined || time === undefined ? undefined : modified > time
}
