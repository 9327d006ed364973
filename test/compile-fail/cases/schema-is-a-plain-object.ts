import { post } from 'trestle'

export default post('/orders', { body: { total: 'number' } }, () => ({}))
