import { z } from 'zod'

const BLANK = "can't be blank"

/** A line that says something; blanks around it do not count. */
export const line = z.string().trim().min(1, BLANK)
/** A text that says something, kept as it came: blanks at its beginning may be Markdown. */
export const prose = z.string().regex(/\S/, BLANK)
export const password = z.string().min(1, BLANK).meta({ format: 'password' })
/** Zod's own pattern takes labels that end in a dash, which no mail server and no format "email" does (RFC 5321 §4.1.2). */
export const email = z.email({
  pattern: /^(?:[\w'+-]+\.)*[\w'+-]*[\w+-]@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i,
})
