import { z } from 'zod'
import { currencies } from './database/values.ts'

/** Fields that more than one part of the shop has. */

/** A line of text for people. NUL is refused because Postgres has no text with it. */
export const Text = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\0]*$/, 'Must not hold the character NUL')

/** What the shop and its customers call a product: `TEA-ASSAM-250`. */
export const Sku = z.string().regex(/^[A-Z0-9][A-Z0-9-]{1,31}$/, 'Must be capital letters, digits and dashes, 2 to 32')

/** Money in the smallest unit of its currency. */
export const Cents = z.int().min(0).max(10_000_000)
export const Currency = z.enum(currencies)

/** Zod's own pattern takes labels that end in a dash, which no mail server and no format "email" does (RFC 5321 §4.1.2). */
export const Email = z
  .email({ pattern: /^(?:[\w'+-]+\.)*[\w'+-]*[\w+-]@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i })
  .max(254)
  .toLowerCase()

export const CustomerId = z.int().min(1).max(2_147_483_647)

/** Orders and refunds: UUIDs that begin with the time, so that newer ones are greater. */
export const Id = z.uuid().toLowerCase()
