/**
 * Holds what an endpoint without `returns` gave against what JSON has a form for. Plain objects and arrays are nearly
 * all of it, so they are seen first. What has a `toJSON` of its own knows what it is, except bytes.
 *
 * @param text the value as JSON.
 * @throws {TypeError} for what would be sent as something else than it is: a Map as `{}`.
 */
export function checkUndeclared(operation: string | undefined, value: unknown, text: string): void {
  if (value === null || typeof value !== 'object') return
  const parent = Object.getPrototypeOf(value)
  if ((parent === Object.prototype || parent === Array.prototype) && text !== '{}') return
  const mend = mendFor(value)
  if (mend === undefined) return
  const what = isGenerator(value) ? 'a generator' : (value.constructor?.name ?? 'an object')
  throw new TypeError(`${operation} returned ${what}, which JSON cannot carry: ${mend}`)
}

function mendFor(value: object): string | undefined {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return 'add bytes() to its "returns"'
  if (Array.isArray(value) || typeof (value as { toJSON?: unknown }).toJSON === 'function') return undefined
  if (value instanceof Error) return 'throw it'
  if (value instanceof Response) return 'return what its body is, or reply(status, body, headers)'
  if (value instanceof Blob) return 'add file() to its "returns"'
  if (Symbol.iterator in value || Symbol.asyncIterator in value || value instanceof ReadableStream) {
    return 'return an array or a plain object, or add stream() to its "returns"'
  }
  return undefined
}

function isGenerator(value: object): boolean {
  return /Generator$/.test(String((value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]))
}
