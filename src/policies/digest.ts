/** The beginning of a SHA-256, in characters that a header field and a key can hold. */
export type Digest = (data: string | Uint8Array) => string | Promise<string>

/** Of 256 bits as many as make it sure that no two are the same. */
const CHARACTERS = 27

/** At once where the runtime can: to wait for it takes ten times as long as it does. */
export function createDigest(): Digest {
  const { hash } = globalThis.process?.getBuiltinModule?.('node:crypto') ?? {}
  if (typeof hash === 'function') return (data) => hash('sha256', data, 'base64url').slice(0, CHARACTERS)
  return async (data) => {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : (data as Uint8Array<ArrayBuffer>)
    const hashed = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    const text = btoa(String.fromCharCode(...hashed))
    return text.replaceAll('+', '-').replaceAll('/', '_').slice(0, CHARACTERS)
  }
}
