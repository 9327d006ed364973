import { get, reply } from 'trestle'
import { Order } from '../declarations.ts'

export default get('/orders', { returns: Order }, () => reply(202, { id: '1', total: 1, status: 'open' }))
