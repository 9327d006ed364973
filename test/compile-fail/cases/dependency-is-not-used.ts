import { get } from 'trestle'

export default get('/orders/{id}', {}, ({ params, db }) => db.read(params.id))
