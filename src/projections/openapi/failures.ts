import { canonical } from '../../compile/canonical.ts'
import { faultsOf } from '../../compile/faults.ts'
import type { ErrorFormat } from '../../contract/error-format.ts'
import { problemDocuments } from '../../contract/error-format.ts'
import { type AnyProblem, Problem } from '../../contract/problem.ts'
import { InvalidInput } from '../../contract/problems.ts'
import type { Operation } from '../../contract/walk.ts'
import { codingsTaken } from '../../compile/zlib.ts'
import type { HeaderObject, JsonSchema, ResponseObject } from './objects.ts'
import { isObject, mapSchema, pascal } from './json-schema.ts'
import type { Schemas } from './schemas.ts'

/** A response to problems, and what to call it where several operations share it. */
export interface Failure {
  readonly status: number
  readonly name: string
  readonly format: string
  readonly response: ResponseObject
  /** One text for responses that say the same. */
  readonly text: string
}

const HEADERS: Readonly<Record<string, HeaderObject>> = {
  'retry-after': {
    description: 'Seconds to wait, or the time to wait for (RFC 9110 §10.2.3)',
    schema: { type: 'string' },
  },
  'www-authenticate': { description: 'How to authenticate (RFC 9110 §11.6.1)', schema: { type: 'string' } },
  allow: { description: 'The methods that this path has', schema: { type: 'string' } },
  accept: { description: 'The media types that are taken here', schema: { type: 'string' } },
  'content-range': {
    description: 'How many bytes there are: `bytes */1234` (RFC 9110 §14.4)',
    schema: { type: 'string' },
  },
}

/** The responses of operations to everything that can go wrong, one for each status. */
export interface Failures {
  of(operation: Operation): Failure[]
}

/** Most operations fail in the same few ways, so each way is described once. */
export function createFailures(schemas: Schemas): Failures {
  const usual = problemDocuments()
  const numbers = new Map<object, number>()
  const known = new Map<string, Failure>()

  function numberOf(thing: object): number {
    const number = numbers.get(thing) ?? numbers.size
    numbers.set(thing, number)
    return number
  }

  function failure(
    status: number,
    problems: readonly AnyProblem[],
    format: ErrorFormat,
    operation: Operation,
  ): Failure {
    const key = [format, ...problems].map(numberOf).join()
    const found = known.get(key) ?? describe(status, problems, format, operation, schemas)
    known.set(key, found)
    return found
  }

  return {
    of(operation) {
      const format = operation.errors ?? usual
      const byStatus = Map.groupBy(faultsOf(operation), (fault) => fault.status)
      return [...byStatus].map(([status, problems]) => failure(status, problems, format, operation))
    },
  }
}

function describe(
  status: number,
  problems: readonly AnyProblem[],
  format: ErrorFormat,
  operation: Operation,
  schemas: Schemas,
): Failure {
  const response = {
    description: problems.map((problem) => `${problem.title} (\`${problem.code}\`)`).join('; '),
    ...headersOf(problems),
    content: { [format.mediaType]: { schema: problemSchema(problems, format, operation, schemas) } },
  }
  const words = problems.flatMap((problem, index) => (index === 0 ? [problem.code] : ['or', problem.code]))
  return { status, name: pascal(...words), format: format.name, response, text: canonical(response) }
}

function headersOf(problems: readonly AnyProblem[]): Pick<ResponseObject, 'headers'> {
  const names = new Map(problems.flatMap((problem) => problem.headers.map((name) => [name.toLowerCase(), name])))
  if (names.size === 0) return {}
  const known: typeof HEADERS = {
    ...HEADERS,
    ...(names.has('accept-encoding') ? { 'accept-encoding': acceptEncoding() } : {}),
  }
  const entries = [...names].map(([key, name]) => [name, known[key] ?? { schema: { type: 'string' } }])
  return { headers: Object.fromEntries(entries) }
}

/** It says what any body may be coded in: this is the one place where a description has room for that. */
function acceptEncoding(): HeaderObject {
  const taken = codingsTaken().join(', ')
  return { description: `The content codings that are taken here: ${taken}`, schema: { type: 'string' } }
}

/** The body of any of these problems. Those that carry members of their own have a schema of their own. */
function problemSchema(
  problems: readonly AnyProblem[],
  format: ErrorFormat,
  operation: Operation,
  schemas: Schemas,
): JsonSchema {
  const base = format.schema(undefined)
  const reference = schemas.put(format.name, base, `the error format "${format.name}"`)
  const plain = new Map<string, AnyProblem>()
  const choices: JsonSchema[] = []
  for (const problem of problems) {
    const extra = problem.extra && schemas.of(problem.extra, 'reply', pascal(operation.id, problem.code, 'extra'))
    const whole = format.schema(extra && withoutExamples(extra))
    if (canonical(whole) === canonical(base)) plain.set(problem.code, problem)
    else {
      const example = exampleOf(problem, format, extra)
      const json = withCodes(
        replace(whole, base, reference),
        base,
        [problem.code],
        example === undefined ? [] : [example],
      )
      choices.push(
        schemas.put(pascal(problem.code, format.name), json, `the problem "${problem.code}" of ${operation.id}`),
      )
    }
  }
  if (plain.size > 0) {
    const examples = [...plain.values()].map((problem) => exampleOf(problem, format, undefined))
    choices.unshift(withCodes(reference, base, [...plain.keys()], examples))
  }
  return choices.length === 1 ? (choices[0] as JsonSchema) : { anyOf: choices }
}

function replace(json: JsonSchema, part: JsonSchema, reference: JsonSchema): JsonSchema {
  const text = canonical(part)
  return mapSchema(json, (one) => (canonical(one) === text ? reference : one))
}

/** What a caller gets, as the format writes it. undefined for members that do not say what they look like. */
function exampleOf(problem: AnyProblem, format: ErrorFormat, extra: JsonSchema | undefined): unknown {
  const [members] = (extra?.examples ?? []) as readonly unknown[]
  if (extra !== undefined && members === undefined) return undefined
  const options = problem === InvalidInput ? { errors: [REFUSED] } : {}
  return JSON.parse(JSON.stringify(format.body(new Problem(problem, members, options))))
}

/** Examples of members alone would be examples of half a document. */
function withoutExamples({ examples: _, ...json }: JsonSchema): JsonSchema {
  return json
}

const REFUSED = { pointer: '/body/items/0/qty', code: 'too_small', message: 'Too small: expected number to be >=1' }

/**
 * Narrows `code`, wherever the format has it, so that generated clients can tell problems apart by it,
 * and shows what they look like: pages would make up a status of 0 otherwise.
 */
function withCodes(
  json: JsonSchema,
  base: JsonSchema,
  codes: readonly string[],
  examples: readonly unknown[],
): JsonSchema {
  const path = pathToCode(base)
  if (path === undefined) return json
  const narrowed = path.reduceRight<JsonSchema>(
    (inner, name) => ({ type: 'object', required: [name], properties: { [name]: inner } }),
    { type: 'string', enum: codes },
  )
  const parts = Object.keys(json).join() === 'allOf' ? (json.allOf as JsonSchema[]) : [json]
  // Not for a code that lies deeper: linters take what narrows an inner object for all there may be in it.
  const shown = path.length === 1 && examples.length > 0 ? { examples: [...examples] } : {}
  return { allOf: [...parts, narrowed], ...shown }
}

function pathToCode(json: JsonSchema): string[] | undefined {
  if (!isObject(json.properties)) return undefined
  const code = json.properties.code
  if (isObject(code) && code.type === 'string') return ['code']
  for (const [name, inner] of Object.entries(json.properties)) {
    const path = isObject(inner) ? pathToCode(inner) : undefined
    if (path !== undefined) return [name, ...path]
  }
  return undefined
}
