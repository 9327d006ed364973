import { type Api, OPTIONS, type Places, api, membersOf } from '../contract/api.ts'
import { get } from '../contract/endpoint.ts'
import type { Members } from '../contract/group.ts'
import type { Path } from '../contract/path.ts'

/** Where the built-in endpoints are unless an API moves them. */
const USUAL: Required<{ [K in keyof Places]: Path }> = {
  openapi: '/openapi.json',
  docs: '/docs',
  redoc: '/redoc',
  reference: '/reference',
}

/** An API with its built-in endpoints: ordinary ones, left out of every description of it. */
export function withPlaces(given: Api): Api {
  const options = given[OPTIONS]
  const places = { ...USUAL, ...options.places }
  const builtIn: Record<string, Members[string]> = {}
  if (places.openapi !== false) {
    builtIn.openapi = get(places.openapi, { hidden: true }, async () => {
      const { toOpenApi } = await import('./openapi/document.ts')
      return toOpenApi(given)
    })
  }
  return api(options, { ...membersOf(given), '~places': builtIn })
}
