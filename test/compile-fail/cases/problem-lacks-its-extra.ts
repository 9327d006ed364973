import { get } from 'trestle'
import { OutOfStock } from '../declarations.ts'

export default get('/orders', { throws: [OutOfStock] }, () => {
  throw OutOfStock()
})
