import { bodyOf, clearErrors, fault, fieldAt, queryOf } from './body.js'
import { credentials, keepCredential } from './credentials.js'
import { element, jsonOf, sentenceOf, tell, tellForm } from './element.js'
import { pageOf, visit } from './visit.js'

/** What each form began with, and the key of its request. */
const begun = new WeakMap()

/** Makes a form ready to send. */
export function prepareForm(form) {
  begun.set(form, { was: bodyOf(form), key: undefined, text: undefined })
  showCurl(form)
  form.addEventListener('input', () => showCurl(form))
}

/** The body of a form: of one that changes what is there, what was changed. */
function changed(form, body) {
  if (form.dataset.send !== 'PATCH' || form.dataset.edits === undefined || typeof body !== 'object' || body === null)
    return body
  const { was = {} } = begun.get(form) ?? {}
  const names = Object.keys(body).filter((name) => JSON.stringify(body[name]) !== JSON.stringify(was[name]))
  return Object.fromEntries(names.map((name) => [name, body[name]]))
}

function requestOf(form, faults = []) {
  const { send: method, url, type, etag, key } = form.dataset
  const body = changed(form, bodyOf(form, faults))
  const query = queryOf(form, faults).toString()
  const headers = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = type
  if (etag !== undefined) headers['if-match'] = etag
  const text =
    body === undefined
      ? undefined
      : /urlencoded/.test(type)
        ? new URLSearchParams(body).toString()
        : JSON.stringify(body)
  if (key !== undefined) headers['idempotency-key'] = keyFor(form, text)
  return { method, url: query === '' ? url : `${url}?${query}`, headers, text, body }
}

/** One key for one request, however often it is sent; another for another (draft-ietf-httpapi-idempotency-key-header §2). */
function keyFor(form, text) {
  const one = begun.get(form) ?? {}
  if (one.key === undefined || one.text !== text) {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    begun.set(form, { ...one, key: [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''), text })
  }
  return begun.get(form).key
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`

function showCurl(form) {
  const place = form.querySelector('[data-curl]')
  if (place === null) return
  const { method, url, headers, text } = requestOf(form)
  const lines = [`curl -X ${method} ${quoted(new URL(url, location.href).href)}`]
  const secrets = Object.keys(credentials()).map((name) => [name, name === 'authorization' ? 'Bearer $TOKEN' : '$KEY'])
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`)
  // Of what somebody is logged in as, the name alone.
  for (const [name, value] of secrets) lines.push(`-H "${name}: ${value}"`)
  if (text !== undefined) lines.push(`-d ${quoted(text)}`)
  place.textContent = lines.join(' \\\n  ')
}

/** Sends what a form says, and shows what comes of it. */
export async function send(form) {
  clearErrors(form)
  tellForm(form, undefined)
  form.querySelector('.conflict')?.remove()
  const faults = []
  const { method, url, headers, text, body } = requestOf(form, faults)
  if (faults.length > 0) {
    for (const [field, message] of faults) fault(field, message)
    focusFirst(form)
    return
  }
  if (method === 'PATCH' && form.dataset.edits !== undefined && Object.keys(body ?? {}).length === 0) {
    tellForm(form, 'Nothing was changed.')
    return
  }
  const button = form.querySelector('button[type="submit"]')
  button.disabled = true
  try {
    const reply = await fetch(url, { method, headers: { ...headers, ...credentials() }, body: text })
    const value = await jsonOf(reply)
    if (reply.ok) await succeed(form, reply, value)
    else await refuse(form, reply.status, value)
  } catch {
    tellForm(form, 'The API cannot be reached. Nothing is lost: send it again.')
  } finally {
    button.disabled = false
  }
}

async function succeed(form, reply, value) {
  const { send: method, login, page } = form.dataset
  if (login !== undefined) {
    if (typeof value?.access_token === 'string') keepCredential('authorization', `Bearer ${value.access_token}`)
    await visit(location.href, { replace: true, message: 'Logged in.' })
    return
  }
  const created = reply.status === 201 ? reply.headers.get('location') : null
  if (created !== null) await visit(pageOf(created), { message: 'Created.' })
  else if (method === 'DELETE') await visit(page.replace(/\/[^/]*$/, '') || '/', { message: 'Deleted.' })
  else if (Number(document.body.dataset.status) < 400) {
    await visit(location.href, { replace: true, message: method === 'POST' ? `Done: ${reply.status}.` : 'Saved.' })
  } else {
    tell(`Done: ${reply.status}.`)
    form.querySelector('.result')?.remove()
    const text = value === undefined ? `${reply.status}` : JSON.stringify(value, null, 2)
    form.append(element('pre', { class: 'result', tabindex: '0' }, text))
  }
}

async function refuse(form, status, value) {
  const errors = value?.errors ?? value?.error?.fields ?? []
  const rest = []
  for (const { pointer = '', message } of errors) {
    const field = fieldAt(form, pointer)
    if (field === undefined || !fault(field, message)) rest.push(`${pointer.replace(/^\/body\//, '')}: ${message}`)
  }
  const isConflict = (status === 409 || status === 412) && form.dataset.edits !== undefined
  const shown = isConflict && (await showConflict(form, status))
  const sentence = sentenceOf(status, value)
  if (!shown || status !== 412) tellForm(form, [sentence, ...rest].join('\n'))
  focusFirst(form)
}

function focusFirst(form) {
  const first =
    form.querySelector('[aria-invalid]') ?? form.querySelector('.conflict, [data-error-of-form]:not([hidden])')
  first?.focus()
  first?.scrollIntoView?.({ block: 'center' })
}

/** Shows what is there now beside what the form began with; false where that is the same. */
async function showConflict(form, status) {
  const { was = {} } = begun.get(form) ?? {}
  const mine = bodyOf(form) ?? {}
  const reply = await fetch(form.dataset.url, { headers: { accept: 'application/json', ...credentials() } })
  const now = reply.ok ? await jsonOf(reply) : undefined
  if (now === undefined) return false
  const names = Object.keys({ ...was, ...mine }).filter(
    (name) => name in now && text(now[name]) !== text(was[name] ?? null),
  )
  if (names.length === 0 && status !== 412) return false
  const cells = (name) => [was[name], now[name], mine[name]].map((value) => element('td', {}, text(value ?? null)))
  const rows = names.map((name) => element('tr', {}, element('th', { scope: 'row' }, name), ...cells(name)))
  const head = ['', 'When you began', 'Now', 'Yours'].map((name) => element('th', { scope: 'col' }, name))
  const theirs = element('button', { type: 'button', class: 'quiet' }, 'Take what is there now')
  theirs.addEventListener('click', () => visit(location.href, { replace: true }))
  const own = element('button', { type: 'button' }, 'Save mine all the same')
  own.addEventListener('click', () => {
    form.dataset.etag = reply.headers.get('etag') ?? ''
    if (form.dataset.etag === '') delete form.dataset.etag
    send(form)
  })
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows))
  const said =
    names.length > 0
      ? 'Somebody else changed this meanwhile.'
      : 'Somebody else changed this meanwhile, in nothing that is here.'
  form.append(
    element(
      'div',
      { class: 'conflict', role: 'alert', tabindex: '-1' },
      element('p', {}, said),
      names.length > 0 ? element('div', { class: 'scroll' }, table) : '',
      element('p', { class: 'buttons' }, own, ' ', theirs),
    ),
  )
  return true
}

function text(value) {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
