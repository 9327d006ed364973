import { api } from 'trestle'
import { customers } from './customers.ts'
import { orders } from './orders.ts'
import { products } from './products.ts'

/** A shop for tea and coffee. Its paths, its documentation and its client all follow from this record. */
export default api(
  {
    title: 'Shop',
    version: '1.0.0',
    description: 'Tea, coffee, and what it takes to make them: products, customers, orders and refunds.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  { customers, products, orders },
)
