import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { type Received, fieldOf } from '../matrix/received.ts'
import type { Allowance } from './allowance.ts'
import type { Description, Response } from './description.ts'
import { escaped } from './description.ts'
import { type Draft, headerOf } from './draft.ts'
import { unpacked } from './unpacked.ts'
import type { Ending } from './wire.ts'

/** What is wrong with how a request ended. */
export interface Fault {
  /** The same for faults that are one: operation, kind, status. */
  readonly key: string
  readonly what: string
}

/** What no reply may hold: stacks, and where things lie on the server's disk. */
const INNER = /(?:\n|\\n)\s+at |\bnode:internal|node_modules|SQLITE_|SqliteError|\.ts:\d+/

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Holds replies against the description. */
export class Judge {
  readonly #description: Description
  readonly #ajv: Ajv2020
  readonly #validators = new Map<string, ValidateFunction>()

  constructor(description: Description) {
    this.#description = description
    this.#ajv = new Ajv2020({ strict: false, allErrors: false, logger: false })
    // The type of this CommonJS module has its function under `default`.
    ;(formats as unknown as (ajv: Ajv2020) => void)(this.#ajv)
    this.#ajv.addSchema({ ...description.document, $id: 'description' })
  }

  judge(draft: Draft, ending: Ending, allowance: Allowance): Fault | undefined {
    const place = allowance.operation?.id ?? 'no operation'
    const fault = (kind: string, what: string): Fault => ({ key: `${place}: ${kind}`, what })
    switch (ending.is) {
      case 'left':
        return undefined
      case 'hang':
        return fault('hang', `no reply after ${Math.round(ending.ms)} ms`)
      case 'garbled':
        return fault('garbled', `what came is no HTTP/1.1 reply: ${ending.why}`)
      case 'closed':
        // Its reply was on the way when its body turned out to be none: nothing but the end can say so.
        if (ending.bytes > 0 && draft.framing !== 'length' && draft.refusals.has(400)) return undefined
        return fault('closed', `no reply: ${ending.why}`)
    }
    const { reply } = ending
    const say = (kind: string, what: string): Fault => fault(`${reply.status} ${kind}`, what)
    if (
      reply.status >= 500 &&
      !(allowance.others.has(reply.status) && (reply.status === 501 || reply.status === 505))
    ) {
      return say('server error', `it answered ${reply.status}`)
    }
    const body = unpacked(reply)
    if (body === undefined) return say('coding', 'the body is not in the coding that it says')
    const text = textOf(reply, body)
    if (text === undefined) return say('not UTF-8', 'the body is not UTF-8')
    if (reply.status >= 400 && INNER.test(text)) return say('inner', 'the body tells of what is inside')
    if (draft.method === 'HEAD' && reply.body.byteLength > 0)
      return say('HEAD with a body', 'a reply to HEAD has a body')
    if (reply.status === 401 && fieldOf(reply.headers, 'www-authenticate') === undefined) {
      return say('no WWW-Authenticate', '401 without WWW-Authenticate (RFC 9110 §15.5.2)')
    }
    const declared = allowance.operation?.responses[reply.status]
    const wrong = declared === undefined ? undefined : this.#asDeclared(draft, reply, text, declared)
    if (declared !== undefined && wrong === undefined) {
      const amiss = reply.status < 300 ? this.#tookAmiss(draft, allowance) : undefined
      return amiss === undefined ? undefined : say('took amiss', `it took what its description does not: ${amiss}`)
    }
    if (!allowance.others.has(reply.status)) {
      if (wrong !== undefined) return say(wrong[0], wrong[1])
      const may = [...Object.keys(allowance.operation?.responses ?? {}), ...allowance.others].join(', ')
      return say('undeclared', `it answered ${reply.status}, and may answer ${may}`)
    }
    const odd = this.#asOther(draft, reply, text, allowance)
    return odd === undefined ? undefined : say(odd[0], odd[1])
  }

  /** What an operation took though its description does not; undefined where the two agree, or nobody can tell. */
  #tookAmiss(draft: Draft, { operation }: Allowance): string | undefined {
    const missing = operation?.parameters.find(
      ({ in: where, name, required }) => required && where === 'query' && !new URLSearchParams(draft.query).has(name),
    )
    if (missing !== undefined) return `the query field "${missing.name}" is required`
    const type = essence(headerOf(draft, 'content-type'))
    if (operation?.body === undefined || draft.body === undefined || draft.framing === 'given') return undefined
    if (type === undefined || !/[/+]json$/.test(type) || !(type in operation.body.content)) return undefined
    let value: unknown
    try {
      value = JSON.parse(utf8.decode(draft.body))
    } catch {
      return 'the body is not JSON'
    }
    return this.#check(`${operation.body.pointer}/content/${escaped(type)}/schema`, value)
  }

  /** What keeps a reply from being the one that its operation declares. */
  #asDeclared(draft: Draft, reply: Received, text: string, declared: Response): [string, string] | undefined {
    for (const [name, { required, schema }] of Object.entries(declared.headers)) {
      const value = fieldOf(reply.headers, name.toLowerCase())
      const due = required === true || (reply.status === 201 && name === 'Location')
      if (value === undefined && due) return [`no ${name}`, `the header field ${name} is missing`]
      if (value !== undefined && schema?.type === 'string') {
        const pointer = `${declared.pointer}/headers/${escaped(name)}/schema`
        const wrong = this.#check(pointer, value)
        if (wrong !== undefined) return [`header ${name}`, `${name}: ${value} does not fit its schema: ${wrong}`]
      }
    }
    const type = fieldOf(reply.headers, 'content-type')
    if (declared.content === undefined) {
      if (type !== undefined || text !== '') return ['body', `no body is declared, and there is one: ${type}`]
      return undefined
    }
    const mediaType = essence(type)
    const [name, content] = Object.entries(declared.content).find(([known]) => essence(known) === mediaType) ?? []
    if (name === undefined || content === undefined) {
      return ['media type', `its media type is ${type}, declared is ${Object.keys(declared.content).join(', ')}`]
    }
    if (draft.method === 'HEAD') return undefined
    const pointer = content.schema === undefined ? undefined : `${declared.pointer}/content/${escaped(name)}/schema`
    return this.#body(reply, text, mediaType, pointer)
  }

  /** What keeps a reply that belongs to no operation from being a proper one. */
  #asOther(draft: Draft, reply: Received, text: string, { allow }: Allowance): [string, string] | undefined {
    if (allow !== undefined && (reply.status === 405 || reply.status === 204)) {
      const given = (fieldOf(reply.headers, 'allow') ?? '').split(/, */).filter((method) => method !== 'QUERY')
      if (given.toSorted().join() !== allow.join())
        return ['Allow', `Allow is "${given}", the description has ${allow}`]
    }
    if (reply.status === 204) return text === '' ? undefined : ['body', '204 with a body']
    if (draft.method === 'HEAD') return undefined
    const { failure } = this.#description
    const mediaType = essence(fieldOf(reply.headers, 'content-type'))
    if (mediaType !== failure?.mediaType) {
      return ['media type', `failures are ${failure?.mediaType}, this is ${fieldOf(reply.headers, 'content-type')}`]
    }
    return this.#body(reply, text, mediaType, failure?.pointer)
  }

  #body(
    reply: Received,
    text: string,
    mediaType: string | undefined,
    pointer: string | undefined,
  ): [string, string] | undefined {
    let value: unknown = text
    if (mediaType !== undefined && /[/+]json$/.test(mediaType)) {
      try {
        value = JSON.parse(text)
      } catch {
        return ['not JSON', 'the body is not JSON']
      }
    }
    if (mediaType === 'application/problem+json' && (value as { status?: unknown }).status !== reply.status) {
      return ['problem status', `the body's status is ${JSON.stringify((value as { status?: unknown }).status)}`]
    }
    const wrong = pointer === undefined ? undefined : this.#check(pointer, value)
    return wrong === undefined ? undefined : ['body', `the body does not fit its schema: ${wrong}`]
  }

  #check(pointer: string, value: unknown): string | undefined {
    const validate = this.#validator(pointer)
    if (validate(value)) return undefined
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`).join('; ')
  }

  #validator(pointer: string): ValidateFunction {
    const known = this.#validators.get(pointer)
    if (known !== undefined) return known
    const fragment = pointer.slice(1).split('/').map(encodeURIComponent).join('/')
    const made = this.#ajv.compile({ $ref: `description#${fragment}` })
    this.#validators.set(pointer, made)
    return made
  }
}

function textOf(reply: Received, body: Uint8Array): string | undefined {
  if (/octet-stream|image\//.test(fieldOf(reply.headers, 'content-type') ?? '')) return ''
  try {
    return utf8.decode(body)
  } catch {
    return undefined
  }
}

function essence(type: string | undefined): string | undefined {
  return type?.split(';')[0]?.trim().toLowerCase()
}
