import { clearErrors, fault, fieldValue } from './body.js'
import { credentials } from './credentials.js'
import { jsonOf, sentenceOf, tellForm } from './element.js'
import { ask, visit } from './visit.js'

/** What an admin does with many rows, and what it brings from other lists. */
export function prepareAdmin() {
  for (const place of document.querySelectorAll('[data-embed]')) embed(place)
  const bulk = document.querySelector('[data-bulk]')
  if (bulk === null) return
  document.addEventListener('change', changed)
  for (const form of bulk.querySelectorAll('form')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      if (isSure(form)) run(bulk, form)
    })
  }
}

function changed({ target }) {
  if (target.matches('[data-choose="all"]')) {
    for (const box of document.querySelectorAll('[data-choose]')) box.checked = target.checked
  }
  if (target.matches('[data-bulk-field]')) {
    for (const place of document.querySelectorAll('[data-bulk-value]'))
      place.hidden = place.dataset.bulkValue !== target.value
  }
  const bulk = document.querySelector('[data-bulk]')
  if (bulk === null) return
  const count = chosen().length
  bulk.hidden = count === 0
  bulk.querySelector('[data-chosen]').textContent = String(count)
}

function chosen() {
  return [...document.querySelectorAll('[data-choose]:checked')].filter((box) => box.dataset.choose !== 'all')
}

/** What cannot be taken back is asked for twice. */
export function isSure(form) {
  const button = form.querySelector('button.danger')
  if (button === null || button.dataset.sure !== undefined) return true
  button.dataset.sure = ''
  const { textContent } = button
  button.textContent = 'Press again to delete for good'
  setTimeout(() => {
    delete button.dataset.sure
    button.textContent = textContent
  }, 5000)
  return false
}

async function run(bulk, form) {
  clearErrors(form)
  tellForm(form, undefined)
  const keys = bulk.dataset.keys.split(' ')
  const rows = chosen().map((box) => ({ row: JSON.parse(box.dataset.choose), path: box.dataset.path }))
  const keyOf = ({ row }) => Object.fromEntries(keys.map((key) => [key, row[key] ?? row.id]))
  const change = form.dataset.bulkForm === 'set' ? setOf(form) : {}
  if (change === undefined) return
  const most = Number(bulk.dataset.most)
  const { url, method, atOnce } = form.dataset
  let done = 0
  try {
    if (atOnce !== undefined) {
      for (; done < rows.length; done += most) {
        const items = rows.slice(done, done + most).map((one) => ({ ...keyOf(one), ...change }))
        if (!(await request(form, keys, url, method, { items }))) return
      }
    } else {
      for (const { path } of rows) {
        if (!(await request(form, keys, url + path, method, method === 'DELETE' ? undefined : change))) return
        done += 1
      }
    }
  } finally {
    if (done > 0 && done < rows.length)
      tellForm(form, `${form.querySelector('[data-error-of-form]').textContent} ${done} of ${rows.length} are done.`)
  }
  await visit(location.href, {
    replace: true,
    message: `${rows.length} ${rows.length === 1 ? 'row' : 'rows'} ${method === 'DELETE' || form.dataset.bulkForm === 'remove' ? 'deleted' : 'changed'}.`,
  })
}

/** The field that is to be set, with its value. */
function setOf(form) {
  const name = form.querySelector('[data-bulk-field]').value
  if (name === '') {
    tellForm(form, 'Say which field to set.')
    return undefined
  }
  const faults = []
  const field = form.querySelector(`[data-bulk-value="${CSS.escape(name)}"] > [data-field]`)
  const value = fieldValue(field, faults)
  for (const [place, message] of faults) fault(place, message)
  return faults.length > 0 ? undefined : { [name]: value ?? null }
}

async function request(form, keys, url, method, body) {
  const headers = { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...credentials() }
  const reply = await fetch(url, { method, headers, body: body && JSON.stringify(body) })
  if (reply.ok) return true
  const value = await jsonOf(reply)
  const said = (value?.errors ?? []).map(({ pointer, message }) => {
    const [, index] = /^\/body\/items\/(\d+)/.exec(pointer) ?? []
    const row = body?.items?.[Number(index)]
    const key = row && keys.map((name) => row[name]).join('/')
    return key === undefined ? message : `${key}: ${message}`
  })
  tellForm(form, [sentenceOf(reply.status, value), ...new Set(said)].join('\n'))
  return false
}

/** Puts the rows of another page here. */
async function embed(place) {
  const reply = await ask(new URL(place.dataset.embed, location.href))
  if (!reply.ok || !reply.headers.has('trestle-view')) return
  const page = new DOMParser().parseFromString(await reply.text(), 'text/html')
  const rows = page.querySelector('table.rows')
  if (rows === null) {
    place.textContent = 'Nothing yet.'
    return
  }
  for (const box of rows.querySelectorAll('td:has([data-choose]), th:has([data-choose])')) box.remove()
  place.prepend(document.adoptNode(rows.closest('.scroll')))
}
