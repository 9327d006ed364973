import { url } from 'trestle'
import { shop } from '../declarations.ts'

export default url(shop.orders.read, {})
