import { pointerStep } from '../../contract/json-pointer.ts'
import { InvalidInput } from '../../contract/problems.ts'

/**
 * Reads what fields of the API's own narrow: only the API says how they are compared, so that their schemas may let through
 * what Postgres cannot compare with the column, as a number beyond its four bytes.
 *
 * @param fields those that the query has.
 * @throws InvalidInput, 422, for what is wrong with a value that is given; what is wrong with one that is kept is a failure.
 */
export async function narrowing<T>(fields: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (fields.length === 0 || !isRefused(thrown)) throw thrown
    const errors = fields.map((field) => ({
      pointer: `/query${pointerStep(field)}`,
      code: 'refused',
      message: 'The value is not accepted as it is',
    }))
    throw InvalidInput({ errors, cause: thrown })
  }
}

/**
 * True where Postgres cannot read a value that it was given (SQLSTATE 22), which it says of a parameter, or of a place in the
 * text of a statement that takes none. Of what a row holds it says neither.
 */
function isRefused(thrown: unknown): boolean {
  const error = ((thrown as Error).cause ?? thrown) as Readonly<
    Record<'code' | 'where' | 'position', string | undefined>
  >
  const isGiven = error.position !== undefined || /portal.* parameter \$\d/.test(error.where ?? '')
  return isGiven && error.code?.startsWith('22') === true
}
