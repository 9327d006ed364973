/**
 * An element with attributes and content. Content is text, or elements: nothing that the API gives is read as markup.
 *
 * @param {string} name
 * @param {Readonly<Record<string, string | boolean | undefined>>} [attributes]
 * @param {...(Node | string)} content
 */
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...content)
  return made
}

/** Tells what came of something, to eyes and to screen readers. */
export function tell(message) {
  const told = document.getElementById('told')
  if (told !== null) told.textContent = message
}

/** A message of a form as a whole; none takes the last one away. */
export function tellForm(form, message) {
  const place = form.querySelector('[data-error-of-form]')
  if (place === null) return
  place.hidden = message === undefined
  place.textContent = message ?? ''
}

/** What a reply that is no success says: its title, and its detail. */
export function sentenceOf(status, value) {
  const error = value?.error ?? value ?? {}
  const parts = [error.title ?? error.message ?? `The API answers ${status}`, error.detail]
  return parts.filter((part) => typeof part === 'string').join(': ')
}

/** The JSON of a reply; undefined where it has none. */
export async function jsonOf(reply) {
  if (!/json/.test(reply.headers.get('content-type') ?? '')) return undefined
  return reply.json()
}
