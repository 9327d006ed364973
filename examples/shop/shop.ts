import { api, group } from 'trestle'
import { batch } from 'trestle/batch'
import { compression, requestId, securityHeaders } from 'trestle/policies'
import { customers } from './customers.ts'
import { keyring } from './keys.ts'
import { endpoints } from './login.ts'
import { orders } from './orders.ts'
import { products } from './products.ts'

/** A shop for tea and coffee. Its paths, its documentation and its client all follow from this record. */
export default api(
  {
    title: 'Shop',
    version: '1.0.0',
    description: 'Tea, coffee, and what it takes to make them: products, customers, orders and refunds.',
    license: { name: 'MIT', identifier: 'MIT' },
    security: 'required',
    middleware: [requestId(), securityHeaders()],
    policies: [compression()],
  },
  {
    session: group('/session', { description: 'Logging in, and staying so.' }, endpoints),
    customers,
    keys: keyring,
    products,
    orders,
    batch: batch(),
  },
)
