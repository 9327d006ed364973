import { isSure, prepareAdmin } from './admin.js'
import { listClick, prepareFields } from './body.js'
import { basicOf, dropCredentials, hasCredentials, keepCredential } from './credentials.js'
import { logInAtProvider } from './provider.js'
import { prepareForm, send } from './send.js'
import { open, visit, whenReady } from './visit.js'

/** Pages are made by the server, and can be read without this: it logs in, sends forms, and follows links as somebody. */

function prepare() {
  document.documentElement.classList.add('live')
  const who = document.querySelector('[data-who]')
  if (who !== null) who.hidden = !hasCredentials()
  for (const place of document.querySelectorAll('[data-log-in]')) place.hidden = hasCredentials()
  prepareFields(document)
  for (const form of document.querySelectorAll('form[data-send]')) prepareForm(form)
  const shell = document.querySelector('[data-visit]')
  if (shell !== null) visit(location.href, { replace: true })
  prepareAdmin()
}

function attributeOf(form, name) {
  return Element.prototype.getAttribute.call(form, name)
}

/** Asks for the list with what the form says, without the fields that are empty. */
function filter(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => name !== '~form' && value !== ''))
  const url = new URL(attributeOf(form, 'action'), location.href)
  url.search = query.toString()
  open(url)
}

function again(message) {
  return visit(location.href, { replace: true, message })
}

document.addEventListener('submit', (event) => {
  const form = event.target
  if (event.defaultPrevented) return
  event.preventDefault()
  // Before anything is asked of the form: fields of a query can be called as its members are.
  if (attributeOf(form, 'data-filters') !== null) {
    filter(form)
    return
  }
  const given = new FormData(form)
  if (form.dataset.send !== undefined) {
    if (isSure(form)) send(form)
  } else if (form.dataset.provider !== undefined) logInAtProvider(form, () => again('Logged in.'))
  else if (form.dataset.credential !== undefined) {
    const { credential, before = '', basic } = form.dataset
    const value =
      basic === undefined ? before + given.get('token').trim() : basicOf(given.get('name'), given.get('password'))
    keepCredential(credential, value)
    again()
  }
})

document.addEventListener('click', (event) => {
  const { target } = event
  if (!(target instanceof Element)) return
  if (target.closest('[data-log-out]') !== null) {
    dropCredentials()
    location.reload()
    return
  }
  if (target.matches('a[data-log-in]')) {
    document.getElementById('log-in').open = true
    document.querySelector('#log-in input')?.focus()
    event.preventDefault()
    return
  }
  if (listClick(target)) {
    target.closest('form')?.dispatchEvent(new Event('input'))
    return
  }
  const link = target.closest('a[href]')
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (link === null || !isPlain || link.target !== '' || link.hasAttribute('download')) return
  const url = new URL(link.href)
  if (url.origin !== location.origin || link.getAttribute('href').startsWith('#')) return
  // What the browser asks by itself carries no token.
  if (!hasCredentials() && document.body.dataset.view !== 'admin') return
  event.preventDefault()
  visit(url)
})

addEventListener('popstate', () => visit(location.href, { back: true }))

whenReady(prepare)
// Somebody who is logged in sees what is theirs.
if (hasCredentials() && document.querySelector('[data-visit]') === null) visit(location.href, { replace: true })
else prepare()
