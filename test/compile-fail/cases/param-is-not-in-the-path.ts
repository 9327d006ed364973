import { get } from 'trestle'

export default get('/orders/{id}', ({ params }) => ({ id: params.order_id }))
