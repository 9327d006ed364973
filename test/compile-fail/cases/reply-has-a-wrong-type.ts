import { get } from 'trestle'
import { Order } from '../declarations.ts'

export default get('/orders/{id}', { returns: Order }, ({ params }) => ({ id: params.id, total: '12', status: 'open' }))
