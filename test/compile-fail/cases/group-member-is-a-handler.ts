import { group } from 'trestle'

export default group('/orders', { list: () => [] })
