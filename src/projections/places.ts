import { type Api, type ApiOptions, OPTIONS, type Places, api, membersOf } from '../contract/api.ts'
import { get } from '../contract/endpoint.ts'
import { type GroupOptions, type Members, group } from '../contract/group.ts'
import { type Path, joinPaths } from '../contract/path.ts'
import { UnknownVersion } from '../contract/problems.ts'
import { reply } from '../contract/reply-spec.ts'
import { versionsOf } from '../contract/walk.ts'
import { askedVersion } from './asked-version.ts'
import { type BrowsePlaces, browsePages, laterAssets } from './browse/pages.ts'
import { browsing } from './browse/presenter.ts'
import { docsPages } from './docs/pages.ts'
import { healthProbe, readinessProbe } from './probes.ts'
import { resourceMetadata } from './resource.ts'
import type { OpenApiDocument } from './openapi/objects.ts'

/** Where the built-in endpoints are unless an API moves them. */
const USUAL: Required<{ [K in Exclude<keyof Places, 'resource'>]: Path }> = {
  openapi: '/openapi.json',
  docs: '/docs',
  redoc: '/redoc',
  reference: '/reference',
  browse: '/browse',
  admin: '/admin',
  healthz: '/healthz',
  readyz: '/readyz',
}

/** The key of the built-in endpoints in an API; no group can have this name by accident. */
const KEY = '~places'

/**
 * An API with its built-in endpoints: ordinary ones, left out of every description of it.
 *
 * @param development shows replies as pages to browsers, unless the API says otherwise.
 */
export function withPlaces(given: Api, development = false): Api {
  const options = given[OPTIONS]
  const places = { ...USUAL, ...options.places }
  const pages = browsePlaces(options, places, development)
  const builtIn: Members = {
    ...(places.openapi === false ? {} : { openapi: openapiEndpoint(given, places.openapi) }),
    ...docsPages(given, places),
    ...(pages && { browse: browsePages(given, pages) }),
    ...(places.healthz === false ? {} : { healthz: healthProbe(places.healthz) }),
    ...(places.readyz === false ? {} : { readyz: readinessProbe(places.readyz) }),
    ...(places.resource === false ? {} : { resource: resourceMetadata(given) }),
  }
  // What reshapes results is for the API's own: a document in an envelope is none any more.
  const { after, ...others } = options
  const rest = pages ? { ...others, middleware: [browsing(given, pages), ...(options.middleware ?? [])] } : others
  // The mark says whose options these are, for what start-up says of them.
  const own =
    after === undefined ? membersOf(given) : group('/', { after, [OPTIONS]: options } as GroupOptions, membersOf(given))
  // Who may call the API's own says nothing of these.
  return api(rest, { ...own, [KEY]: group('/', { security: 'public' }, builtIn) })
}

/** Where replies are shown as pages; undefined where they are not. */
function browsePlaces(
  { browse: isOpen, admin }: ApiOptions,
  places: Pick<Required<Places>, 'browse' | 'admin' | 'docs' | 'openapi'>,
  development: boolean,
): BrowsePlaces | undefined {
  if (!(isOpen ?? development) && admin === undefined) return undefined
  return {
    browse: places.browse,
    admin: admin && places.admin,
    returning:
      places.docs === false || places.openapi === false
        ? undefined
        : (joinPaths(places.docs, '/oauth2-redirect') as Path),
    isOpen: isOpen ?? development,
    assets: laterAssets(),
  }
}

/**
 * The document is made when it is first asked for, and kept: a contract does not change while it is served. Of versions
 * that stand side by side it is that of the one which is asked for.
 */
function openapiEndpoint(given: Api, place: Path): Members[string] {
  const made = new Map<string | undefined, Promise<OpenApiDocument>>()
  const documentOf = (version: string | undefined): Promise<OpenApiDocument> => {
    const document =
      made.get(version) ??
      import('./openapi/to-openapi.ts').then(({ toOpenApi }) =>
        toOpenApi(given, version === undefined ? {} : { version }),
      )
    made.set(version, document)
    return document
  }
  return get(place, { hidden: true, throws: [UnknownVersion] }, async ({ request }) => {
    const versions = versionsOf(given)
    const version = versions && askedVersion(request, versions)
    const document = await documentOf(version)
    const { prefix } = request
    const whole = prefix === '' ? document : (await import('./openapi/under-prefix.ts')).underPrefix(document, prefix)
    if (versions === undefined || version === undefined) return whole
    return reply(200, whole, { vary: versions.header, [versions.header]: version })
  })
}
