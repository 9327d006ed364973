import { createClient } from 'trestle/client'
import type { shop } from '../declarations.ts'

const client = createClient<typeof shop>('http://localhost:8000')
export default client.orders.create({ body: { total: 1 } })
