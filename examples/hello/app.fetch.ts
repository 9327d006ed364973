import { api, get } from 'trestle'
import { toFetch } from 'trestle/fetch'

const hello = api({ hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })) })

export default { fetch: await toFetch(hello) }
