import { form } from './form.ts'
import { type Html, attribute, html } from './html.ts'
import { factsOf } from './schema.ts'
import type { Shown } from './shown.ts'
import { type Action, type Site, actionsOf } from './site.ts'

/** What a page logs in as where the API's security schemes name a provider. */
export interface PageLogin {
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  /** The path to which a provider leads back: that of `/docs`, which hands the code on. */
  readonly returning: string | undefined
}

/** The parts of a security scheme (OpenAPI 3.1 §4.8.27) that a page reads. */
interface Scheme {
  readonly type?: string
  readonly scheme?: string
  readonly in?: string
  readonly name?: string
  readonly openIdConnectUrl?: string
  readonly flows?: { readonly authorizationCode?: { readonly authorizationUrl: string; readonly tokenUrl: string } }
}

/**
 * Ways to say who one is, those that the API has: its own login, a token, a key, a name and a password, a provider. What is
 * entered stays in this tab (`sessionStorage`), and goes to this API alone.
 */
export function loginPanel(shown: Shown, login: PageLogin): Html {
  const schemes = Object.entries(shown.site.document.components.securitySchemes ?? {}) as [string, Scheme][]
  const own = loginActions(shown.site)
  const ways = [
    ...own.map((action) =>
      form(shown, action, { path: action.template, label: 'Log in', isOpen: true, isLogin: true }),
    ),
    ...schemes.map(([name, scheme]) => wayOf(name, scheme, login, shown)),
  ].filter((way) => way !== undefined)
  if (ways.length === 0) return html``
  return html`<div class="ways">${ways}</div>`
}

/** What logs people in by itself: a POST that anybody may send, with a password in it. */
function loginActions(site: Site): Action[] {
  return site.routes
    .flatMap(actionsOf)
    .filter(
      ({ method, secured, body, template }) =>
        method === 'POST' &&
        !secured &&
        /log-?in|sign-?in|session|token/i.test(template) &&
        Object.keys((body && factsOf(site.document, body.schema).properties) ?? {}).some((name) =>
          /password/i.test(name),
        ),
    )
}

function wayOf(name: string, scheme: Scheme, login: PageLogin, { prefix }: Shown): Html | undefined {
  const { type } = scheme
  const code = scheme.flows?.authorizationCode
  if (code !== undefined || scheme.openIdConnectUrl !== undefined) {
    const address = login.returning === undefined ? undefined : prefix + login.returning
    return html`${
      address !== undefined &&
      html`<form data-provider data-returning="${address}" data-scopes="${login.scopes.join(' ')}"${attribute('data-authorize', code?.authorizationUrl)}${attribute('data-token', code?.tokenUrl)}${attribute('data-discovery', scheme.openIdConnectUrl)}>
<h3>${name}</h3>${login.clientId === undefined ? html`<div class="field"><label for="login-${name}-client">Client id</label><input id="login-${name}-client" name="client" required></div>` : html`<input type="hidden" name="client" value="${login.clientId}">`}
<p class="error" data-error-of-form role="alert" hidden></p><button type="submit">Log in at the provider</button></form>`
    }${tokenForm(name, 'authorization', 'Bearer ', 'Access token')}`
  }
  if (type === 'http' && scheme.scheme?.toLowerCase() === 'bearer') {
    return tokenForm(name, 'authorization', 'Bearer ', 'Access token')
  }
  if (type === 'http' && scheme.scheme?.toLowerCase() === 'basic') {
    return html`<form data-credential="authorization" data-basic><h3>${name}</h3>
<div class="field"><label for="login-${name}-name">Name</label><input id="login-${name}-name" name="name" autocomplete="username"></div>
<div class="field"><label for="login-${name}-password">Password</label><input id="login-${name}-password" name="password" type="password" autocomplete="current-password"></div>
<button type="submit">Use these</button></form>`
  }
  if (type === 'apiKey' && scheme.in === 'header') return tokenForm(name, scheme.name ?? '', '', scheme.name ?? name)
  return undefined
}

function tokenForm(name: string, header: string, before: string, label: string): Html {
  return html`<form data-credential="${header}" data-before="${before}"><h3>${name}</h3>
<div class="field"><label for="login-${name}">${label}</label><input id="login-${name}" name="token" type="password" autocomplete="off" required></div>
<button type="submit">Use it</button></form>`
}
