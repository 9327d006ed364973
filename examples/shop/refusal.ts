import { InvalidInput, NotFound } from 'trestle'

/** What to throw for a field that is well-formed and still wrong, such as the id of nobody. */
export function refusedField(pointer: string, code: string, message: string): Error {
  return InvalidInput({ errors: [{ pointer, code, message }] })
}

/** What to throw where the path names something that is not there. What it was, the caller knows, and no log needs to. */
export function missing(what: string): Error {
  return NotFound({ detail: `There is no such ${what}` })
}
