/** Bytes of a name: file systems take 255, and what is stored may want to add something. */
const MOST_BYTES = 200

/** Control characters, those that turn the direction of text, and what some file system gives a meaning. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}<>:"|?*]/gu

/** Names that Windows has given to devices, whatever stands behind a dot. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** A name that can be one of a file in any folder, made of one that a caller sent. */
export function safeName(sent: string | undefined): string {
  const last = (sent ?? '').toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) as string
  const plain = last.replace(UNSAFE, '').trim()
  // Of dots: `.htaccess` is read by whoever serves the folder, and Windows drops those at the end.
  const named = shortened(plain.replace(/^[.\s]+/, '')).replace(/[.\s]+$/, '')
  if (named === '') return 'file'
  return DEVICE.test(named) ? `_${named}` : named
}

/** Shortens a name before its extension. */
function shortened(name: string): string {
  const encoder = new TextEncoder()
  const bytes = (text: string): number => encoder.encode(text).byteLength
  if (bytes(name) <= MOST_BYTES) return name
  const extension = /\.[0-9a-z]{1,10}$/i.exec(name)?.[0] ?? ''
  let stem = ''
  let left = MOST_BYTES - extension.length
  for (const character of name) {
    left -= bytes(character)
    if (left < 0) break
    stem += character
  }
  return stem + extension
}
