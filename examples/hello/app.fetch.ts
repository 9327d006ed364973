import { api, get } from 'trestle'
import { toFetch } from 'trestle/fetch'

const app = api({
  hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
})
export default { fetch: await toFetch(app) }
