import { get } from 'trestle'

export default get('orders', () => [])
