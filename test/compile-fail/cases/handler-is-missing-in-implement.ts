import { implement } from 'trestle'
import { shop } from '../declarations.ts'

export default implement(shop, { orders: { read: ({ params }) => ({ id: params.id, total: 1, status: 'open' }) } })
