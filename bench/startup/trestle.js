import { api, get } from 'trestle'
import { serve } from 'trestle/node'

const server = await serve(
  api({
    hello: get('/hello/{name}', ({ params }) => ({ hello: params.name })),
  }),
  { port: 0, quiet: true },
)

console.log(server.port)
