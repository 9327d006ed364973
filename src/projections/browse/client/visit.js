import { credentials, hasCredentials } from './credentials.js'
import { element, tell } from './element.js'

/** Called with each page that is shown. */
let ready = () => {}

export function whenReady(work) {
  ready = work
}

/** True for an address of the admin. */
function isOfAdmin({ pathname }) {
  const { admin } = document.body.dataset
  return admin !== undefined && (pathname === admin || pathname.startsWith(`${admin}/`))
}

/** Where the API answers for a page: pages of the admin are about paths of the API. */
function askedFor(url) {
  const { admin, prefix = '' } = document.body.dataset
  const path = isOfAdmin(url) ? url.pathname.slice(admin.length) : ''
  return path === '' ? url : new URL(prefix + path + url.search, url)
}

/** The page about a path of the API, in the view that is open. */
export function pageOf(address) {
  const { admin, prefix = '', view } = document.body.dataset
  const url = new URL(address, location.href)
  if (view !== 'admin' || admin === undefined || url.origin !== location.origin || isOfAdmin(url)) return url
  return new URL(admin + url.pathname.slice(prefix.length) + url.search, url)
}

/** Asks for a page with what its reader is logged in as. */
export async function ask(url) {
  // What is no page may be JSON, and nothing else.
  const accept = `text/html${isOfAdmin(url) ? ';view=admin' : ''}, application/json;q=0.9, */*;q=0.1`
  return fetch(askedFor(url), { headers: { accept, ...credentials() } })
}

/**
 * Shows a page in the place of this one.
 *
 * @param {string | URL} address
 * @param {{ replace?: boolean, back?: boolean, message?: string }} [how]
 */
export async function visit(address, { replace = false, back = false, message } = {}) {
  const url = new URL(address, location.href)
  // What somebody is logged in as here is for this API alone.
  if (url.origin !== location.origin) {
    location.assign(url)
    return
  }
  document.body.setAttribute('aria-busy', 'true')
  let reply
  try {
    reply = await ask(url)
  } catch {
    document.body.removeAttribute('aria-busy')
    tell('The API cannot be reached.')
    return
  }
  if (!back) history[replace ? 'replaceState' : 'pushState']({}, '', url)
  await show(reply)
  if (!back) {
    scrollTo(0, 0)
    document.getElementById('content')?.focus({ preventScroll: true })
  }
  if (message !== undefined) tell(message)
}

/** Scripts in what is shown would not run: it is parsed, not loaded. */
async function show(reply) {
  const type = reply.headers.get('content-type') ?? ''
  // What an endpoint gives as HTML is no page of these, and not to be taken for one.
  if (reply.headers.has('trestle-view')) {
    const page = new DOMParser().parseFromString(await reply.text(), 'text/html')
    document.title = page.title
    document.body.replaceWith(document.adoptNode(page.body))
  } else {
    document.body.removeAttribute('aria-busy')
    const main = document.getElementById('content')
    if (/^text\/|json\b/.test(type)) main.replaceChildren(element('pre', { tabindex: '0' }, await reply.text()))
    else {
      const href = URL.createObjectURL(await reply.blob())
      main.replaceChildren(element('p', {}, element('a', { href, download: true }, 'Save the file')))
    }
  }
  ready()
}

/** Opens a page as a click would. */
export function open(url) {
  if (hasCredentials() || document.body.dataset.view === 'admin') visit(url)
  else location.assign(url)
}
