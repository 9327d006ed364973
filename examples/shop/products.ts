import { eq, gt } from 'drizzle-orm'
import { NotFound, created, csv, group, patch, post, problem, reply } from 'trestle'
import {
  PreconditionFailed,
  cacheControl,
  cached,
  conditional,
  invalidates,
  preconditions,
  validators,
} from 'trestle/policies'
import { resource, where } from 'trestle/resources'
import { z } from 'zod'
import { categories } from './database/values.ts'
import { Cents, Currency, Sku, Text } from './fields.ts'
import { shown } from './login.ts'
import { product } from './models.ts'
import { missing, refusedField } from './refusal.ts'
import { db, tx } from './store.ts'

const Category = z.enum(categories)
const MOST_STOCK = 1_000_000

export const ProductIn = z
  .object({
    sku: Sku,
    name: Text(100),
    description: Text(2000),
    category: Category,
    price_cents: Cents,
    cost_cents: Cents.optional().describe('What the shop pays for it. Never shown.'),
    currency: Currency.default('EUR'),
    stock: z.int().min(0).max(MOST_STOCK).default(0),
  })
  .meta({
    id: 'ProductIn',
    examples: [
      {
        sku: 'TEA-OOLONG-100',
        name: 'Oolong',
        description: 'Half green.',
        category: 'tea',
        price_cents: 1990,
        stock: 12,
      },
    ],
  })

export const ProductPatch = ProductIn.pick({ name: true, description: true, category: true, price_cents: true })
  .extend({ cost_cents: Cents })
  .partial()
  .meta({ id: 'ProductPatch', examples: [{ price_cents: 1790 }] })

export const StockChange = z
  .object({ change: z.int().min(-MOST_STOCK).max(MOST_STOCK).describe('How many came; negative for how many went') })
  .meta({ id: 'StockChange', examples: [{ change: 24 }] })

const Product = product.row

export const SkuTaken = problem('sku_taken', { status: 409, title: 'A product has this SKU already' })

export const OutOfStock = problem('out_of_stock', {
  status: 409,
  title: 'There is not enough in stock',
  extra: z.object({ sku: Sku, available: z.int().min(0) }).meta({ examples: [{ sku: 'GRINDER-HAND', available: 3 }] }),
})

const params = z.object({ sku: Sku })

const about = { description: 'What there is to order.' }

/** The same for all, kept for ten minutes or until something changes; browsers ask each time whether it has. */
const shelf = [cached({ for: 600, tags: ['products'], public: true }), cacheControl({ noCache: true })]
const changes = invalidates('products')
const staff = shown.scopes('products:write')

const rows = resource(product, {
  db,
  filter: ['category', 'name', 'price_cents'],
  where: {
    in_stock: where(z.boolean(), (wanted, { stock }) => (wanted ? gt(stock, 0) : eq(stock, 0))),
  },
  sort: ['name', 'price_cents'],
  export: true,
  reads: { security: 'public' },
  endpoints: {
    list: { policies: shelf },
    read: { policies: shelf, description: 'Its `ETag` is the version that a change may name in `If-Match`.' },
    export: { formats: ['json', csv({ forSpreadsheets: true }), 'ndjson'] },
  },
})

export const products = group('/products', about, {
  list: rows.list,
  export: rows.export,
  read: rows.read,

  create: post(
    '/',
    {
      summary: 'Add a product',
      body: ProductIn,
      returns: created(Product),
      throws: [SkuTaken],
      security: staff,
      use: { tx },
      policies: [changes],
    },
    async ({ body, tx }) => {
      const product = await tx.products.insert(body)
      if (!product) throw SkuTaken()
      return product
    },
  ),

  update: patch(
    '/{sku}',
    {
      summary: 'Change a product',
      params,
      body: ProductPatch,
      returns: Product,
      throws: [NotFound],
      security: staff,
      use: { tx, preconditions },
      policies: [conditional({ required: false }), changes],
    },
    async ({ params: { sku }, body, tx, preconditions }) => {
      const found = await tx.products.find(sku)
      if (!found) throw missing('product')
      preconditions.check(found)
      const product = await tx.products.update(sku, body, preconditions.versions?.map(Number))
      if (!product) throw PreconditionFailed()
      return reply(200, product, validators(product))
    },
  ),

  stock: post(
    '/{sku}/stock',
    {
      summary: 'Add to the stock, or take from it',
      params,
      body: StockChange,
      returns: Product,
      throws: [NotFound, OutOfStock],
      security: staff,
      use: { tx },
      policies: [changes],
    },
    async ({ params: { sku }, body: { change }, tx }) => {
      const product = await tx.products.changeStock(sku, change, MOST_STOCK)
      if (product) return product
      const unchanged = await tx.products.find(sku)
      if (!unchanged) throw missing('product')
      if (change < 0) throw OutOfStock({ sku, available: unchanged.stock })
      throw refusedField('/body/change', 'too_big', `The stock is ${unchanged.stock}, and ${MOST_STOCK} at the most`)
    },
  ),
})
