import type { NewProduct } from './products.ts'
import type { Backend, Tables } from './tables.ts'

type Customer = Pick<Tables['customers']['$inferInsert'], 'name' | 'email' | 'credit_note'>

const opened = new Date('2025-09-01T08:00:00Z')

const customers: readonly Customer[] = [
  { name: 'Ada Okafor', email: 'ada@okafor.example', credit_note: null },
  { name: 'Bruno Keller', email: 'bruno.keller@mail.example', credit_note: 'Pays late; ask for payment first' },
  { name: 'Chiara Conti', email: 'chiara@conti.example', credit_note: null },
  { name: 'Café Nordlicht', email: 'einkauf@nordlicht.example', credit_note: 'Limit 2,000 EUR' },
  { name: 'Emre Yıldız', email: 'emre@yildiz.example', credit_note: null },
]

/** Those who are customers from the start. */
export const firstCustomers: readonly string[] = customers.map(({ email }) => email)

const eur = 'EUR' as const

const products: readonly NewProduct[] = [
  {
    sku: 'COFFEE-ETHIOPIA-250',
    name: 'Yirgacheffe, whole bean, 250 g',
    description: 'Washed, light roast: jasmine, bergamot, lemon.',
    category: 'coffee',
    price_cents: 1290,
    cost_cents: 610,
    currency: eur,
    stock: 48,
  },
  {
    sku: 'COFFEE-BRAZIL-1000',
    name: 'Sul de Minas, whole bean, 1 kg',
    description: 'Natural, medium roast: hazelnut, milk chocolate.',
    category: 'coffee',
    price_cents: 2690,
    cost_cents: 1420,
    currency: eur,
    stock: 120,
  },
  {
    sku: 'COFFEE-DECAF-250',
    name: 'Colombia decaf, ground, 250 g',
    description: 'Decaffeinated with sugar cane: caramel, red apple.',
    category: 'coffee',
    price_cents: 1190,
    cost_cents: 580,
    currency: eur,
    stock: 0,
  },
  {
    sku: 'TEA-ASSAM-250',
    name: 'Assam TGFOP, loose, 250 g',
    description: 'Second flush, malty and strong. Takes milk.',
    category: 'tea',
    price_cents: 1450,
    cost_cents: 520,
    currency: eur,
    stock: 75,
  },
  {
    sku: 'TEA-SENCHA-100',
    name: 'Sencha Kagoshima, loose, 100 g',
    description: 'First harvest, steamed. Brew at 70 °C.',
    category: 'tea',
    price_cents: 1680,
    cost_cents: 790,
    currency: eur,
    stock: 30,
  },
  {
    sku: 'TEA-MINT-50',
    name: 'Moroccan mint, 50 bags',
    description: 'Gunpowder green tea with nana mint.',
    category: 'tea',
    price_cents: 690,
    cost_cents: 240,
    currency: eur,
    stock: 200,
  },
  {
    sku: 'POT-GLASS-1L',
    name: 'Glass teapot, 1 l',
    description: 'Borosilicate glass, with a strainer of steel.',
    category: 'equipment',
    price_cents: 3490,
    cost_cents: 1650,
    currency: eur,
    stock: 14,
  },
  {
    sku: 'DRIPPER-V60',
    name: 'Pour-over dripper, size 02',
    description: 'White ceramic, for 1 to 4 cups.',
    category: 'equipment',
    price_cents: 2450,
    cost_cents: 1180,
    currency: eur,
    stock: 22,
  },
  {
    sku: 'GRINDER-HAND',
    name: 'Hand grinder, steel burrs',
    description: '38 mm conical burrs, 24 clicks, 30 g at a time.',
    category: 'equipment',
    price_cents: 8900,
    cost_cents: 5200,
    currency: eur,
    stock: 3,
  },
  {
    sku: 'KETTLE-GOOSENECK',
    name: 'Gooseneck kettle, 0.9 l',
    description: 'With a thermometer in the lid. For gas and induction.',
    category: 'equipment',
    price_cents: 5990,
    cost_cents: 3300,
    currency: eur,
    stock: 9,
  },
]

/** Orders by the index of their customer above, and SKUs with how many. */
const orders = [
  { at: '2025-09-14T10:12:00Z', customer: 0, status: 'paid', items: { 'COFFEE-ETHIOPIA-250': 2, 'DRIPPER-V60': 1 } },
  { at: '2025-09-30T16:40:00Z', customer: 3, status: 'paid', items: { 'COFFEE-BRAZIL-1000': 20 } },
  { at: '2025-10-08T07:55:00Z', customer: 1, status: 'cancelled', items: { 'GRINDER-HAND': 1 } },
  { at: '2025-10-21T19:03:00Z', customer: 2, status: 'paid', items: { 'TEA-SENCHA-100': 1, 'POT-GLASS-1L': 1 } },
  { at: '2025-11-02T12:30:00Z', customer: 4, status: 'open', items: { 'TEA-MINT-50': 3 } },
] as const

/** The glass teapot arrived broken. */
const refund = { order: 3, at: '2025-10-25T09:15:00Z', amount_cents: 3490, reason: 'The teapot arrived broken' }

/** Who may log in to work here. */
const staff = [
  { name: 'mira', role: 'manager' },
  { name: 'tom', role: 'clerk' },
] as const

/** Puts the same shop into every empty database, whose people have no passwords yet. Of several processes that start at once, one does it. */
export async function seed(backend: Backend): Promise<void> {
  await backend.atomic(async ({ db, tables }) => {
    await db
      .insert(tables.staff)
      .values([...staff])
      .onConflictDoNothing({ target: tables.staff.name })
    const [someone] = await db.select({ id: tables.customers.id }).from(tables.customers).limit(1)
    if (someone !== undefined) return
    const people = await db
      .insert(tables.customers)
      .values(customers.map((customer) => ({ ...customer, created_at: opened })))
      .onConflictDoNothing({ target: tables.customers.email })
      .returning()
    if (people.length === 0) return // another process was faster, and is done by now
    await db.insert(tables.products).values(products.map((one) => ({ ...one, created_at: opened, updated_at: opened })))

    const made = orders.map((order, index) => orderRows(order, index, people[order.customer]?.id ?? 0))
    await db.insert(tables.orders).values(made.map(({ order }) => order))
    await db.insert(tables.orderItems).values(made.flatMap(({ items }) => items))
    const order_id = idAt(orders[refund.order]?.at ?? '', refund.order)
    const { at, amount_cents, reason } = refund
    await db
      .insert(tables.refunds)
      .values({ id: idAt(at, 0), order_id, amount_cents, reason, created_at: new Date(at) })
  })
}

function orderRows({ at, status, items: wanted }: (typeof orders)[number], index: number, customer_id: number) {
  const id = idAt(at, index)
  const created_at = new Date(at)
  const items = Object.entries(wanted).map(([sku, qty], line) => {
    const { name, price_cents } = products.find((product) => product.sku === sku) as NewProduct
    return { order_id: id, line: line + 1, sku, name, qty, unit_price_cents: price_cents }
  })
  const order = {
    id,
    customer_id,
    status,
    currency: eur,
    total_cents: items.reduce((sum, { qty, unit_price_cents }) => sum + qty * unit_price_cents, 0),
    refunded_cents: index === refund.order ? refund.amount_cents : 0,
    created_at,
    paid_at: status === 'paid' ? created_at : null,
    cancelled_at: status === 'cancelled' ? created_at : null,
  }
  return { order, items }
}

/** A UUID of version 7 that is the same every time. */
function idAt(at: string, index: number): string {
  const time = Date.parse(at).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${String(index + 1).padStart(12, '0')}`
}
