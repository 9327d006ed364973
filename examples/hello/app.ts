import { api, get } from 'trestle'
import { serve } from 'trestle/node'

await serve(api({ hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })) }))
