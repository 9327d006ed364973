import { get } from 'trestle'
import { Order } from '../declarations.ts'

export default get('/orders/{id}', { return: Order }, () => ({}))
