import { api, get } from 'trestle'
import { serve } from 'trestle/node'

const app = api({
  hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
})
await serve(app)
