import type { Products } from './database/products.ts'

const columns = ['sku', 'name', 'category', 'price_cents', 'currency', 'stock'] as const

/** All products as CSV (RFC 4180), read a page at a time while the caller takes it. */
export async function* csvOf(products: Products): AsyncGenerator<string> {
  yield lineOf(columns)
  for (let after: string | undefined, more = true; more; ) {
    const { items, next_cursor } = await products.page({}, 100, after)
    yield items.map((product) => lineOf(columns.map((column) => product[column]))).join('')
    after = items.at(-1)?.sku
    more = next_cursor !== null
  }
}

function lineOf(values: readonly (string | number)[]): string {
  return `${values.map(cellOf).join(',')}\r\n`
}

/** Spreadsheets run text that begins like a formula; the apostrophe keeps it text. */
function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
