import { get } from 'trestle'
import { db } from '../declarations.ts'

export default get('/orders', { use: { query: db } }, () => [])
