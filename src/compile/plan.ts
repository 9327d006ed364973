import { type Api, OPTIONS } from '../contract/api.ts'
import type { Content } from '../contract/content.ts'
import type { Uses } from '../contract/depends.ts'
import type { EndpointLimits } from '../contract/endpoint.ts'
import { type ErrorFormat, problemDocuments } from '../contract/error-format.ts'
import type { Middleware } from '../contract/hooks.ts'
import { contentsOf } from '../contract/formats.ts'
import { formSize, isMultipartForm } from '../contract/multipart.ts'
import type { Policy } from '../contract/policy.ts'
import { type Presentation, presentationOf } from '../contract/presentation.ts'
import { type Stamp, stampOf } from '../contract/stamp.ts'
import { type Versions, meet } from '../contract/version.ts'
import { type Operation, walk } from '../contract/walk.ts'
import { type Acceptance, createAcceptance } from './accept.ts'
import { type Decoders, compileDecoders } from './decoder.ts'
import { checkAdmin } from './check-admin.ts'
import { levelChecks } from './check-level.ts'
import {
  type Checks,
  type DependencyFault,
  type Overrides,
  type Slot,
  orderDependencies,
  policySlots,
} from './dependency-order.ts'
import { schemaNameCheck } from './check-schema-names.ts'
import { checkSchemes } from './check-schemes.ts'
import { checkOperationId, checkPath, checkVersions, diagnose } from './diagnose.ts'
import { type Forms, type ReplyEncoder, compileEncoders } from './encoder.ts'
import { choiceOf } from './offers.ts'
import { compileProblems } from './problem-encoder.ts'
import { schemaNamer } from './schema-id.ts'
import { type Fault, StartError, noteFor, noteForApi } from './start-error.ts'
import { usesZod } from './unsendable.ts'
import type { Zod } from './validator.ts'

/** An endpoint ready to run: nothing in it is looked up again while it answers. */
export interface EndpointPlan {
  readonly operation: Operation
  readonly decoders: Decoders
  /** The replies it declares, the one for a plain value first; empty where it declares none. */
  readonly replies: readonly ReplyEncoder[]
  /** What its callers may choose from, where they have a choice. */
  readonly acceptance: Acceptance | undefined
  readonly slots: readonly Slot[]
  readonly policies: readonly PolicyPlan[]
  /** What stands around it, outermost first; the stamps of the API stand around all. */
  readonly middleware: readonly Middleware[]
  readonly limits: Limits
  readonly errors: ErrorFormat
}

/** A policy of an endpoint, and the slots of what it uses. */
export interface PolicyPlan {
  readonly policy: Policy
  readonly slots: readonly Slot[]
  /** What dependencies of the endpoint serve of it, by name: their slots among those of the endpoint. */
  readonly served: readonly (readonly [name: string, slot: number])[]
}

export type Limits = Required<EndpointLimits>

/** What an API is compiled to. */
export interface Plan {
  readonly api: Api
  readonly endpoints: readonly EndpointPlan[]
  /** Holds for requests that match no endpoint. Here and in endpoints it encodes the members of problems. */
  readonly errors: ErrorFormat
  readonly middleware: readonly Middleware[]
  /** Those of the API's middleware that every reply gets, outermost first. */
  readonly stamps: readonly Stamp[]
  /** What shows replies to browsers, where the API has that. */
  readonly presentation: Presentation | undefined
  readonly versions: Versions | undefined
}

export interface CompileOptions {
  /** Dependencies to put in the place of others, for tests. */
  readonly overrides?: Overrides
}

/** Limits of an endpoint that states none: 1 MiB of body, 100 levels of JSON, 30 s to answer. */
export const LIMITS: Limits = { body: 1_048_576, depth: 100, timeout: 30_000 }

/**
 * Compiles an API: checks all of it, then makes what the pipeline runs.
 *
 * @throws {StartError} with every fault in the declaration.
 */
export async function compile(api: Api, options: CompileOptions = {}): Promise<Plan> {
  const operations = walk(api)
  const overrides = options.overrides ?? new Map()
  const errors = api[OPTIONS].errors ?? problemDocuments()
  const faults: Fault[] = []
  const shapes = new Map<string, Operation[]>()
  const ids = new Map<string, Operation[]>()
  const schemes: Parameters<typeof checkSchemes>[1] = new Map()
  const levels = levelChecks(api, faults)
  checkVersions(operations, noteForApi(faults))
  checkAdmin(api[OPTIONS].admin, operations, noteForApi(faults))
  const checks: Checks = new Map()
  const ordered = operations.map((operation) => {
    const note = noteFor(operation, faults)
    const broken: DependencyFault[] = []
    const { guards, policies } = operation
    const needed = { use: (operation.spec.use ?? {}) as Uses, guards, ports: portsOf(policies) }
    const slots = orderDependencies(needed, overrides, broken, checks)
    const ofPolicies = policies.map((policy) => policySlots(policy, overrides, broken, checks))
    levels(operation, note)
    checkOperationId(operation, ids, note)
    checkSchemes(operation, schemes, note)
    if (checkPath(operation, shapes, note)) diagnose(operation, broken, note)
    return { slots, ofPolicies }
  })
  // Nothing is looked for inside of what may be no schema at all.
  if (faults.length > 0) throw new StartError(faults)
  const named = schemaNameCheck(api[OPTIONS].schemas)
  for (const operation of operations) named(operation, noteFor(operation, faults))
  if (faults.length > 0) throw new StartError(faults)

  const ofApi = api[OPTIONS].middleware ?? []
  const stamps = ofApi.filter((layer) => stampOf(layer) !== undefined)
  const shows = ofApi.find((layer) => presentationOf(layer) !== undefined)
  const isAround = (layer: Middleware): boolean => stamps.includes(layer) || layer === shows
  const zod = operations.some(usesZod) ? ((await import('zod')) as unknown as Zod) : undefined
  const forms = await formsFor(api, operations)
  const encoded = compileProblems(operations, zod)
  const endpoints = operations.map(
    (operation, index): EndpointPlan => ({
      operation,
      decoders: compileDecoders(operation, zod, forms),
      replies: compileEncoders(operation, beside(operation, operations), zod, forms),
      acceptance: acceptanceOf(operation),
      slots: ordered[index]?.slots as readonly Slot[],
      policies: operation.policies.map((policy, at) => ({
        policy,
        slots: ordered[index]?.ofPolicies[at] as readonly Slot[],
        served: servedOf(policy, ordered[index]?.slots as readonly Slot[]),
      })),
      middleware: operation.middleware.filter((layer) => !isAround(layer)),
      limits: limitsOf(operation),
      errors: encoded(operation.errors ?? errors),
    }),
  )
  return {
    api,
    endpoints,
    errors: encoded(errors),
    middleware: ofApi.filter((layer) => !isAround(layer)),
    stamps: stamps.map((layer) => stampOf(layer) as Stamp),
    presentation: shows && presentationOf(shows),
    versions: operations.find(({ version }) => version !== undefined)?.version?.of,
  }
}

/** What other forms than JSON need; undefined where nothing has one. */
async function formsFor(api: Api, operations: readonly Operation[]): Promise<Forms | undefined> {
  const isNeeded = ({ spec, formats }: Operation): boolean => {
    const declared = [...[spec.body ?? []].flat(), ...[spec.returns ?? []].flat()]
    return formats !== undefined || declared.some(hasForms)
  }
  if (!operations.some(isNeeded)) return undefined
  return { compile: await import('./representations.ts'), nameOf: schemaNamer(api[OPTIONS].schemas) }
}

/** True for what is other than JSON by itself. */
function hasForms(declared: unknown): boolean {
  const { is, body } = declared as { readonly is?: unknown; readonly body?: unknown }
  const { kind } = Object(is === 'reply' ? body : declared) as Partial<Content>
  return kind === 'xml' || kind === 'rows'
}

function acceptanceOf(operation: Operation): Acceptance | undefined {
  const mediaTypes = choiceOf(operation)
  return mediaTypes && createAcceptance(mediaTypes)
}

/** A form of files is as long as these may be, whatever groups say of all bodies, unless its endpoint says otherwise. */
function limitsOf({ limits, spec }: Operation): Limits {
  const form =
    spec.body === undefined
      ? undefined
      : contentsOf(spec.body)
          .map(({ schema }) => schema)
          .find(isMultipartForm)
  const own = form !== undefined ? { body: spec.limits?.body ?? formSize(form) } : {}
  return { ...LIMITS, ...limits, ...own }
}

/** The operations that callers of one version see. */
function beside({ version }: Operation, operations: readonly Operation[]): readonly Operation[] {
  return version === undefined ? operations : operations.filter((other) => meet(version, other.version))
}

/** The ports that policies need. What is no policy is a fault that others tell of. */
function portsOf(policies: readonly Policy[]): ReadonlySet<string> {
  const used = policies.flatMap((policy) => Object.values(policy?.use ?? {}))
  return new Set(used.flatMap((dependency) => dependency?.port ?? []))
}

function servedOf({ use }: Policy, slots: readonly Slot[]): readonly (readonly [string, number])[] {
  return Object.entries(use).flatMap(([name, { port }]) => {
    const slot = port === undefined ? -1 : slots.findIndex(({ serves }) => serves === port)
    return slot === -1 ? [] : [[name, slot] as const]
  })
}
