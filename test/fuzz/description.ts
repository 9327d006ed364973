/** What an OpenAPI 3.1 document says, as far as requests can be made and replies be held against it. */

export type Json = Record<string, unknown>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required: boolean
  readonly schema: Json
}

export interface Operation {
  readonly id: string
  readonly method: string
  /** As the document has it: `/orders/{id}`. */
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body: Body | undefined
  readonly responses: Readonly<Record<string, Response>>
  /** True where at least one security scheme is named. */
  readonly secured: boolean
}

export interface Body {
  /** Where it stands in the document, a JSON pointer. */
  readonly pointer: string
  readonly required: boolean
  readonly content: Readonly<Record<string, { readonly schema?: Json }>>
}

export interface Response {
  /** Where it stands in the document, a JSON pointer. */
  readonly pointer: string
  readonly headers: Readonly<Record<string, { readonly required?: boolean; readonly schema?: Json }>>
  readonly content: Readonly<Record<string, { readonly schema?: Json }>> | undefined
}

/** The operations of one path, by method. */
export interface Template {
  readonly path: string
  readonly segments: readonly (string | undefined)[]
  readonly operations: ReadonlyMap<string, Operation>
}

export interface Found {
  readonly template: Template
  readonly values: readonly string[]
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export class Description {
  readonly document: Json
  readonly templates: readonly Template[]
  readonly operations: readonly Operation[]
  /** The body that every failure has: its media type, and a pointer to its schema. */
  readonly failure: { readonly mediaType: string; readonly pointer: string } | undefined

  constructor(document: Json) {
    this.document = document
    this.templates = Object.entries((document.paths ?? {}) as Json).map(([path, item]) => {
      const operations = METHODS.filter((method) => method in (item as Json)).map((method) => [
        method.toUpperCase(),
        this.#operation(path, method, item as Json),
      ])
      return { path, segments: segmentsOf(path), operations: new Map(operations as [string, Operation][]) }
    })
    this.operations = this.templates.flatMap((template) => [...template.operations.values()])
    this.failure = this.#failureBody()
  }

  /** What a path, as it stands in the request, leads to first. */
  find(path: string): Found | undefined {
    return this.findAll(path)[0]
  }

  /** All that a path leads to, the first first. Text beats a parameter, segment by segment. */
  findAll(path: string): Found[] {
    const segments = path.slice(1).split('/').map(decoded)
    const fitting = this.templates.filter(
      (template) =>
        template.segments.length === segments.length &&
        template.segments.every((text, index) =>
          text === undefined ? Boolean(segments[index]) : text === segments[index],
        ),
    )
    return fitting
      .toSorted((a, b) => rank(a).localeCompare(rank(b)))
      .map((template) => ({
        template,
        values: segments.filter((_, index) => template.segments[index] === undefined) as string[],
      }))
  }

  /** What a reference leads to, or the value itself. */
  resolve<T extends object>(value: T): T {
    let found: Json = value as Json
    for (let hops = 0; typeof found.$ref === 'string' && hops < 20; hops++) found = this.at(found.$ref)
    return found as T
  }

  at(pointer: string): Json {
    const steps = pointer
      .replace(/^#\//, '')
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    return steps.reduce<Json>((at, step) => at[step] as Json, this.document)
  }

  #operation(path: string, method: string, item: Json): Operation {
    const given = item[method] as Json
    const place = `#/paths/${escaped(path)}/${method}`
    const listed = [...((item.parameters ?? []) as Json[]), ...((given.parameters ?? []) as Json[])]
    const body = given.requestBody as Json | undefined
    const bodyPlace = (body?.$ref as string | undefined) ?? `${place}/requestBody`
    const security = (given.security ?? this.document.security ?? []) as Json[]
    return {
      id: (given.operationId as string | undefined) ?? `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: listed.map((one) => {
        const { name, in: where, required, schema } = this.resolve(one)
        return { name, in: where, required: required === true, schema: schema ?? {} } as Parameter
      }),
      body: body === undefined ? undefined : { ...(this.at(bodyPlace) as unknown as Body), pointer: bodyPlace },
      responses: Object.fromEntries(
        Object.entries(given.responses as Json).map(([status, response]) => {
          const reference = (response as Json).$ref as string | undefined
          const pointer = reference ?? `${place}/responses/${status}`
          const { headers = {}, content } = this.at(pointer) as unknown as Response
          return [status, { pointer, headers, content }]
        }),
      ),
      secured: security.some((one) => Object.keys(one).length > 0),
    }
  }

  /** Every operation declares 500; what its body is made of, without the narrowing to one code, is any failure's. */
  #failureBody(): Description['failure'] {
    for (const { responses } of this.operations) {
      const internal = responses['500']
      for (const [mediaType, { schema }] of Object.entries(internal?.content ?? {})) {
        const parts = (schema?.allOf ?? [schema]) as Json[]
        const reference = parts.map((part) => part?.$ref).find((ref) => ref !== undefined)
        if (typeof reference === 'string') return { mediaType, pointer: reference }
      }
    }
    return undefined
  }
}

export function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}

function segmentsOf(path: string): (string | undefined)[] {
  return path
    .slice(1)
    .split('/')
    .map((segment) => (segment.startsWith('{') ? undefined : decodeURIComponent(segment)))
}

function rank(template: Template): string {
  return template.segments.map((text) => (text === undefined ? '1' : '0')).join('')
}

/** The text of a segment; undefined where it is none, which fits no template. */
export function decoded(segment: string): string | undefined {
  try {
    const text = decodeURIComponent(segment)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
