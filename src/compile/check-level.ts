import { type Api, type ApiOptions, type DocsLogin, OPTIONS, type Places } from '../contract/api.ts'
import type { Dependency } from '../contract/depends.ts'
import type { EndpointLimits, EndpointSpec } from '../contract/endpoint.ts'
import type { ErrorFormat } from '../contract/error-format.ts'
import { FORMAT_NAMES, type Format, isFormat } from '../contract/formats.ts'
import type { GroupOptions } from '../contract/group.ts'
import type { Policy } from '../contract/policy.ts'
import { isProblemType } from '../contract/problem.ts'
import type { Operation } from '../contract/walk.ts'
import { nearestName } from './spelling.ts'
import { type Fault, type Note, noteForApi } from './start-error.ts'

/** Where something is declared: the levels have hooks, rules and limits in common. */
type Level = 'endpoint' | 'group' | 'api'

const ENDPOINT: readonly Level[] = ['endpoint']
const AROUND: readonly Level[] = ['group', 'api']
const API: readonly Level[] = ['api']
const ALL: readonly Level[] = ['endpoint', 'group', 'api']

/** Every part of a declaration, and the levels that have it. */
const PARTS: Readonly<Record<keyof EndpointSpec | keyof ApiOptions, readonly Level[]>> = {
  params: ENDPOINT,
  query: ENDPOINT,
  headers: ENDPOINT,
  cookies: ENDPOINT,
  body: ENDPOINT,
  returns: ENDPOINT,
  use: ENDPOINT,
  operationId: ENDPOINT,
  summary: ENDPOINT,
  middleware: ALL,
  before: ALL,
  after: ALL,
  throws: ALL,
  policies: ALL,
  limits: ALL,
  formats: ALL,
  security: ALL,
  description: ALL,
  tags: ALL,
  deprecated: ALL,
  hidden: ALL,
  errors: AROUND,
  title: API,
  version: API,
  contact: API,
  license: API,
  servers: API,
  schemas: API,
  places: API,
  docsLogin: API,
  browse: API,
  admin: API,
}

const LIMITS: Readonly<Record<keyof EndpointLimits, true>> = { body: true, depth: true, timeout: true }

const PLACES: Readonly<Record<keyof Places, true>> = {
  openapi: true,
  docs: true,
  redoc: true,
  reference: true,
  browse: true,
  admin: true,
  healthz: true,
  readyz: true,
  resource: true,
}

const NAMES: Readonly<Record<Level, string>> = { endpoint: 'an endpoint', group: 'a group', api: 'the API' }

/**
 * Checks the levels of an API. The options of a group are checked with the first endpoint that they hold for, and only
 * there: a fault in them is one, however many endpoints there are.
 */
export function levelChecks(api: Api, faults: Fault[]): (operation: Operation, note: Note) => void {
  const noteApi = noteForApi(faults)
  const checked = new Set<GroupOptions>()
  checkLevel('api', api[OPTIONS], noteApi)
  return ({ endpoint, spec, essential }, note) => {
    for (const level of essential ? [] : endpoint.levels) {
      if (checked.has(level)) continue
      checked.add(level)
      if (OPTIONS in level) checkLevel('api', level, noteApi)
      else checkLevel('group', level, (field, what, mend) => note(`group ${field}`, what, mend))
    }
    checkLevel('endpoint', spec, note)
  }
}

/** Checks what one level declares. A part that nobody reads is a fault: a guard could be lost that way. */
function checkLevel(level: Level, options: object, note: Note): void {
  const given = options as Readonly<Record<string, unknown>>
  for (const name of Object.keys(given)) checkPart(level, name, note)
  for (const [part, wrong] of Object.entries(LISTS)) checkList(part, given[part], wrong, note)
  checkLimits(given.limits, note)
  checkFormats(given.formats, note)
  if (given.errors !== undefined && (given.errors as Partial<ErrorFormat> | null)?.is !== 'error-format') {
    note('errors', 'is no error format', 'make it with errorFormat(…)')
  }
  if (!isSecurityOption(level, given.security)) {
    const words = level === 'endpoint' ? '"public"' : '"required", "public"'
    note('security', 'is none', `give it ${words} or a security dependency`)
  }
  for (const name of Object.keys(given.places ?? {})) {
    if (!Object.hasOwn(PLACES, name)) note(`places.${name}`, 'is no place', renaming(name, Object.keys(PLACES)))
  }
  const { clientId = '' } = (given.docsLogin ?? { clientId: 'none is needed' }) as Partial<DocsLogin>
  if (typeof clientId !== 'string' || clientId === '') {
    note('docsLogin', 'has no clientId', 'give it the public client that /docs is at the identity provider')
  }
}

function isSecurityOption(level: Level, given: unknown): boolean {
  if (given === 'required') return level !== 'endpoint'
  return given === undefined || given === 'public' || (given as Partial<Dependency> | null)?.is === 'dependency'
}

function checkPart(level: Level, name: string, note: Note): void {
  const homes = partOf(name)
  if (homes.includes(level)) return
  const known = Object.keys(PARTS).filter((part) => partOf(part).includes(level))
  const mend = homes.length > 0 ? `give it to ${homes.map((home) => NAMES[home]).join(' or ')}` : renaming(name, known)
  note(name, `is no part of ${level === 'api' ? 'an API' : NAMES[level]}`, mend)
}

/** The levels that have a part. */
function partOf(name: string): readonly Level[] {
  return Object.hasOwn(PARTS, name) ? PARTS[name as keyof typeof PARTS] : []
}

function renaming(name: string, known: readonly string[]): string {
  const meant = nearestName(name, known)
  return meant === undefined ? 'take it out' : `write "${meant}"`
}

type Wrong = readonly [what: string, mend: string]

/** What is wrong with one of a list, by the part that the list is. */
const LISTS: Readonly<Record<string, (one: unknown) => Wrong | undefined>> = {
  middleware: wrongHook,
  before: wrongHook,
  after: wrongHook,
  throws: wrongProblem,
  policies: wrongPolicy,
}

function checkList(part: string, given: unknown, wrong: (one: unknown) => Wrong | undefined, note: Note): void {
  if (given === undefined || given === null) return
  if (!Array.isArray(given)) return note(part, 'is no list', `write ${part}: [ … ]`)
  for (const [index, one] of given.entries()) {
    const fault =
      one === undefined ? (['is undefined', 'check for modules that import each other'] as const) : wrong(one)
    if (fault !== undefined) note(`${part}.${index}`, ...fault)
  }
}

function wrongHook(one: unknown): Wrong | undefined {
  return typeof one === 'function' ? undefined : ['is no function', 'give it a function']
}

function wrongProblem(one: unknown): Wrong | undefined {
  return isProblemType(one) ? undefined : ['is no problem', 'make it with problem(…)']
}

function wrongPolicy(one: unknown): Wrong | undefined {
  const { is, contract, attach } = Object(one) as Partial<Policy>
  if (is !== 'policy' || typeof attach !== 'function' || contract === undefined) {
    return ['is no policy', 'make it with policy(…)']
  }
  if ([contract.throws ?? []].flat().every(isProblemType)) return undefined
  return ['throws something that is no problem', 'make it with problem(…)']
}

/** Forms that there are, each once, and JSON among them: it is what Trestle's own clients read, and what all can be. */
function checkFormats(formats: unknown, note: Note): void {
  if (formats === undefined) return
  if (!Array.isArray(formats)) return note('formats', 'is no list', `write formats: ['json', 'xml']`)
  const names = formats.map((one: unknown) => (typeof one === 'string' ? one : (one as Partial<Format> | null)?.name))
  for (const [index, name] of names.entries()) {
    if (!isFormat(formats[index]))
      note(`formats.${index}`, `"${name}" is no form`, renaming(String(name), FORMAT_NAMES))
    else if (names.indexOf(name) < index) note(`formats.${index}`, `"${name}" is there already`, 'take one of them out')
  }
  if (!names.includes('json')) {
    note('formats', 'has no "json", which clients of Trestle read', 'add it; for XML alone, answer with xml(schema)')
  }
}

/** The longest that a timer can wait; a longer one fires at once. */
const LONGEST = 2 ** 31 - 1

function checkLimits(limits: unknown, note: Note): void {
  if (limits === undefined || limits === null) return
  if (typeof limits !== 'object') {
    return note('limits', 'is no set of limits', `write limits: { ${Object.keys(LIMITS).join(', ')} }`)
  }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(LIMITS, name)) {
      note(`limits.${name}`, 'is no limit', renaming(name, Object.keys(LIMITS)))
      continue
    }
    const whole = Number.isInteger(value) || (value === Number.POSITIVE_INFINITY && name !== 'timeout')
    if (whole && value >= 0 && (name !== 'timeout' || value <= LONGEST)) continue
    const mend = name === 'timeout' ? `use whole milliseconds up to ${LONGEST}, or 0 for none` : 'use a whole number'
    note(`limits.${name}`, `${value} is no limit`, mend)
  }
}
