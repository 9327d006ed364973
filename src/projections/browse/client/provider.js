import { keepCredential } from './credentials.js'
import { tellForm } from './element.js'

/**
 * Logs in at a provider: a code with PKCE (RFC 7636), in a window of its own. The page to which the provider leads back is
 * that of `/docs`, which hands over the code to whom it finds under this name.
 */
export async function logInAtProvider(form, done) {
  const { discovery, returning, scopes } = form.dataset
  let { authorize, token } = form.dataset
  const client = new FormData(form).get('client')
  // Before anything is waited for: later it would not be the click that opens it.
  const popup = window.open('about:blank', 'trestle-login', 'width=500,height=650')
  if (popup === null) return tellForm(form, 'The browser does not let this page open a window.')
  try {
    if (discovery !== undefined) {
      const found = await (await fetch(discovery)).json()
      authorize = found.authorization_endpoint
      token = found.token_endpoint
    }
    const verifier = random()
    const redirect = new URL(returning, location.href).href
    const asked = { state: random(), auth: { name: 'login' }, redirectUrl: redirect }
    window.swaggerUIRedirectOauth2 = {
      ...asked,
      errCb: ({ message }) => tellForm(form, message),
      callback: async ({ auth: { code } }) => {
        const body = new URLSearchParams({
          grant_type: 'authorization_code',
          code,
          client_id: client,
          redirect_uri: redirect,
          code_verifier: verifier,
        })
        const reply = await fetch(token, { method: 'POST', body })
        const value = await reply.json()
        if (typeof value.access_token !== 'string')
          return tellForm(form, value.error_description ?? value.error ?? 'The provider gave no token.')
        keepCredential('authorization', `Bearer ${value.access_token}`)
        done()
      },
    }
    const to = new URL(authorize)
    const query = {
      response_type: 'code',
      client_id: client,
      redirect_uri: redirect,
      scope: scopes,
      state: asked.state,
      code_challenge: await challenge(verifier),
      code_challenge_method: 'S256',
    }
    for (const [name, value] of Object.entries(query)) if (value) to.searchParams.set(name, value)
    popup.location = to.href
  } catch (error) {
    popup.close()
    tellForm(form, `The provider cannot be reached: ${error.message}`)
  }
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

async function challenge(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
