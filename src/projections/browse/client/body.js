/** Reads what is written in a form, by the kinds that the page has given its fields, and says beside them what is wrong. */

/**
 * The value of a field, or of the body: undefined where it is left out.
 *
 * @param {Element} field has `data-kind`
 * @param {[Element, string][]} faults gets what cannot be read
 */
export function fieldValue(field, faults) {
  switch (field.dataset.kind) {
    case 'object':
      return objectOf(field, faults)
    case 'list': {
      const items = [...field.querySelectorAll(':scope > [data-items] > .item')]
      return items.length === 0 && field.dataset.empty === 'absent' && !field.hasAttribute('data-touched')
        ? undefined
        : items.map((item) => objectOf(item, faults) ?? {})
    }
    default:
      return leafOf(field, field.querySelector('[data-input]'), faults)
  }
}

function objectOf(field, faults) {
  const entries = fieldsOf(field)
    .map((one) => [one.dataset.field, fieldValue(one, faults)])
    .filter(([, value]) => value !== undefined)
  if (entries.length === 0 && field.dataset.empty === 'absent' && field.hasAttribute('data-field')) return undefined
  return Object.fromEntries(entries)
}

export function fieldsOf(field) {
  return [...field.querySelectorAll(':scope > [data-members] > [data-field]')]
}

function leafOf(field, input, faults) {
  const text = input.value
  if (text.trim() === '' && !(field.dataset.kind === 'text' && text !== '')) {
    return field.dataset.empty === 'null' ? null : field.dataset.empty === 'text' ? '' : undefined
  }
  switch (field.dataset.kind) {
    case 'boolean':
    case 'choice':
      return JSON.parse(text)
    case 'number':
      // What is no number is for the API to refuse.
      return Number.isNaN(Number(text)) ? text : Number(text)
    case 'instant':
      return input.type === 'datetime-local' ? new Date(`${text}Z`).toISOString() : text
    case 'lines': {
      const lines = text.split('\n').map((line) => line.trim())
      const isText = input.dataset.itemsAre === 'string'
      return lines
        .filter((line) => line !== '')
        .map((line) => (isText || Number.isNaN(Number(line)) ? line : Number(line)))
    }
    case 'json':
      try {
        return JSON.parse(text)
      } catch (error) {
        faults.push([field, `This is no JSON: ${error.message}`])
        return undefined
      }
    default:
      return text
  }
}

/** The body that a form sends; undefined for none. */
export function bodyOf(form, faults = []) {
  const place = form.querySelector('[data-body]')
  if (place === null) return undefined
  if (place.dataset.kind === 'object') return objectOf(place, faults)
  return fieldValue(place.querySelector('[data-field]'), faults)
}

/** The query that it sends. */
export function queryOf(form, faults = []) {
  const place = form.querySelector('[data-query]')
  const query = new URLSearchParams()
  for (const field of place?.querySelectorAll(':scope > [data-field]') ?? []) {
    const value = fieldValue(field, faults)
    if (value === undefined || value === null || value === '') continue
    for (const one of [value].flat()) query.append(field.dataset.field, String(one))
  }
  return query
}

/** Takes away what was said to be wrong. */
export function clearErrors(form) {
  for (const place of form.querySelectorAll('[data-error]')) place.hidden = true
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid')
}

/** Says beside a field what is wrong with it. */
export function fault(field, message) {
  const place = field.querySelector(':scope > [data-error]')
  if (place === null) return false
  place.hidden = false
  place.textContent = message
  for (let one = field.closest('details:not([open])'); one !== null; one = one.closest('details:not([open])'))
    one.open = true
  field.querySelector('[data-input]')?.setAttribute('aria-invalid', 'true')
  return true
}

/**
 * The field that a JSON pointer (RFC 6901) of a refusal names: `/body/items/0/sku`. Where there is none, the nearest one
 * around it.
 */
export function fieldAt(form, pointer) {
  const [part, ...names] = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const place = form.querySelector(part === 'query' ? '[data-query]' : '[data-body]')
  if (place === null || (part !== 'query' && part !== 'body')) return undefined
  if (part === 'query') return [...place.children].find((one) => one.dataset.field === names[0])
  let at = place.dataset.kind === 'object' ? place : place.querySelector('[data-field]')
  for (const name of names) {
    const inner =
      at.dataset.kind === 'list'
        ? at.querySelectorAll(':scope > [data-items] > .item')[Number(name)]
        : fieldsOf(at).find((one) => one.dataset.field === name)
    if (inner === undefined) break
    at = inner
  }
  return at === place ? undefined : at
}

/** Gives lists their buttons, and times the controls that browsers have for them. */
export function prepareFields(root) {
  for (const input of root.querySelectorAll('[data-kind="instant"] > input[data-input]')) {
    if (input.value !== '' && !/^[\d-]+T[\d:]+(?:\.\d{1,3})?Z$/.test(input.value)) continue
    const { value } = input
    input.type = 'datetime-local'
    input.step = '0.001'
    input.value = value.replace(/Z$/, '')
  }
}

let added = 0

/** Adds an item to a list, or takes one away. */
export function listClick(target) {
  const list = target.closest('[data-kind="list"]')
  if (list === null) return false
  if (target.hasAttribute('data-add')) {
    const item = list.querySelector(':scope > template').content.cloneNode(true)
    added += 1
    for (const one of item.querySelectorAll('[id], [for], [aria-describedby]')) {
      for (const name of ['id', 'for', 'aria-describedby']) {
        const value = one.getAttribute(name)
        if (value !== null) one.setAttribute(name, value.replaceAll('-new', `-new${added}`))
      }
    }
    prepareFields(item)
    const place = list.querySelector(':scope > [data-items]')
    place.append(item)
    place.lastElementChild.querySelector('[data-input]')?.focus()
  } else if (target.hasAttribute('data-remove')) {
    target.closest('.item').remove()
    list.querySelector(':scope > [data-add]').focus()
  } else return false
  list.setAttribute('data-touched', '')
  return true
}
