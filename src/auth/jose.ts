/** What checks signatures. */
export type Jose = typeof import('jose')

/**
 * Loads jose, for an API that takes signed tokens.
 *
 * @throws an error that says how to get it, where it is not there.
 */
export async function loadJose(): Promise<Jose> {
  try {
    return await import('jose')
  } catch (cause) {
    throw new Error('jwt, oidc and jwks check signatures with jose, which cannot be loaded: npm install jose', {
      cause,
    })
  }
}
