import { type Api, api, get, type Members } from 'trestle'
import { serve } from 'trestle/node'
import { measured } from './measured.ts'

/**
 * An API of as many routes as its argument says: half of them static, half with a parameter, in a
 * hundred areas. Area 3 is there in the smallest as in the largest, and answers the same.
 */
const AREAS = 100

function manyRoutes(count: number): Api {
  const areas: Record<string, Record<string, Members>> = {}
  for (let index = 0; index < count / 2; index++) {
    const [area, section] = [`area${index % AREAS}`, `section${Math.floor(index / AREAS)}`]
    areas[area] ??= {}
    areas[area][section] = {
      list: get(`/${area}/${section}/items`, () => ({ index })),
      read: get(`/${area}/${section}/items/{id}`, ({ params }) => ({ index, id: params.id })),
    }
  }
  return api(areas)
}

const server = await serve(manyRoutes(Number(process.argv[2])), { port: 0, host: '127.0.0.1', quiet: true })
measured(server.port)
