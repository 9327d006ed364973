import { TOKEN } from './token.ts'

const token = TOKEN.source.slice(1, -1)

/** A quoted string (RFC 9110 §5.6.4), of what is ASCII. */
const quoted = String.raw`"(?:[\t !#-[\]-~]|\\[\t -~])*"`

/** A media type without parameters. */
export const BARE_MEDIA_TYPE: RegExp = new RegExp(`^${token}/${token}$`)

/**
 * A media type with its parameters (RFC 9110 §8.3.1): what `Content-Type` may hold. White space between two semicolons
 * is for the first of them only: with two takers, each gap would double the ways to fail.
 */
export const MEDIA_TYPE: RegExp = new RegExp(
  String.raw`^${token}/${token}(?:[\t ]*;[\t ]*(?![\t ])(?:${token}=(?:${token}|${quoted}))?)*$`,
)
