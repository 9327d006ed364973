import { get } from 'trestle'

export default get('/orders', { use: { db: () => ({}) } }, () => [])
