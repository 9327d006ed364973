/** What somebody is logged in as: header fields, for this tab and this API alone. */

function place() {
  return `trestle:${document.body.dataset.prefix ?? ''}`
}

/** The fields that requests carry. */
export function credentials() {
  try {
    return JSON.parse(sessionStorage.getItem(place()) ?? '{}')
  } catch {
    return {}
  }
}

export function hasCredentials() {
  return Object.keys(credentials()).length > 0
}

export function keepCredential(header, value) {
  sessionStorage.setItem(place(), JSON.stringify({ ...credentials(), [header.toLowerCase()]: value }))
}

export function dropCredentials() {
  sessionStorage.removeItem(place())
}

/** The value of Basic, of any characters (RFC 7617 §2.1). */
export function basicOf(name, password) {
  const bytes = new TextEncoder().encode(`${name}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}
