/** Conduit's OpenAPI document beside the one that RealWorld publishes. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { toOpenApi } from 'trestle/openapi'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { conduit } from './server.ts'

/** A piece of a document. Only the tests know what is in it. */
// biome-ignore lint/suspicious/noExplicitAny: a document of others has no type
type Json = any
interface Operation {
  readonly at: string
  readonly document: Json
  readonly operation: Json
}

const published = parse(readFileSync(path.join(import.meta.dirname, 'fixtures', 'realworld-openapi.yml'), 'utf8'))
let made: Json
beforeAll(async () => {
  made = JSON.parse(JSON.stringify(await toOpenApi(conduit)))
})

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

/** Operations by method and path; `prefix` is what stands before each path, in its server's address or in itself. */
function operationsOf(document: Json, prefix: string): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => ({
      at: `${method} ${prefix}${path}`,
      document,
      operation: item[method],
    })),
  )
}

const theirs = operationsOf(published, '/api')
const ours = (): Operation[] => operationsOf(made, '')
function own({ at }: Operation): Operation {
  const found = ours().find((operation) => operation.at === at)
  if (found === undefined) throw new Error(`Conduit has no ${at}`)
  return found
}

function resolve(document: Json, value: Json | undefined): Json {
  if (value?.$ref === undefined) return value
  const found = value.$ref
    .slice(2)
    .split('/')
    .reduce((at: Json, key: string) => at[key], document)
  return resolve(document, found)
}

/** Every member that must be there, by its path: `article.author.username`; `[]` is an item of a list. */
function requiredIn(document: Json, given: Json | undefined, at = ''): string[] {
  const schema = resolve(document, given)
  const required: string[] = schema?.required ?? []
  const inner = Object.entries(schema?.properties ?? {}).flatMap(([name, property]) =>
    requiredIn(document, property, `${at}${name}.`),
  )
  const items = schema?.items === undefined ? [] : requiredIn(document, schema.items, `${at}[].`)
  return [...required.map((name) => at + name), ...inner, ...items].toSorted()
}

/** Members by their path, with the type of each. */
function typesIn(document: Json, given: Json | undefined, at = ''): Record<string, unknown> {
  const schema = resolve(document, given)
  const inner = Object.entries(schema?.properties ?? {}).map(([name, property]) =>
    typesIn(document, property, `${at}${name}.`),
  )
  const items = schema?.items === undefined ? {} : typesIn(document, schema.items, `${at}[].`)
  return Object.assign({ [at]: schema?.type ?? (schema?.properties ? 'object' : undefined) }, ...inner, items)
}

function jsonOf(document: Json, holder: Json | undefined): Json | undefined {
  return resolve(document, holder)?.content?.['application/json']?.schema
}

test('it has their operations, and no others', () => {
  expect(theirs).toHaveLength(19)
  expect(
    ours()
      .map(({ at }) => at)
      .toSorted(),
  ).toEqual(theirs.map(({ at }) => at).toSorted())
})

test('it names itself as they do', () => {
  const { title, description, version, contact, license } = published.info
  expect(made.info).toEqual({ title, description, version, contact, license })
  const names = (document: Json) => Object.values<Json>(document.tags).map(({ name }) => name)
  expect(names(made).toSorted()).toEqual(names(published).toSorted())
})

test('the scheme of its tokens is theirs', () => {
  const scheme = (document: Json) => document.components.securitySchemes.Token
  const { type, in: place, name } = scheme(published)
  expect(scheme(made)).toMatchObject({ type, in: place, name })
})

describe.each(theirs)('$at', (their) => {
  const { operation } = their

  test('has their name, tags and words', () => {
    const { operationId, tags, description } = operation
    expect(own(their).operation).toMatchObject({ operationId, tags, description })
    if (operation.summary !== undefined) expect(own(their).operation.summary).toBe(operation.summary)
  })

  test('takes their parameters', () => {
    const facts = ({ document, operation }: Operation) =>
      Object.values<Json>(operation.parameters ?? [])
        .map((parameter) => {
          const { name, in: place, required = false, schema } = resolve(document, parameter)
          const { type, minimum, default: usual } = schema
          return { name, in: place, required, type, minimum, default: place === 'query' ? usual : undefined }
        })
        .toSorted((a, b) => String(a.name).localeCompare(String(b.name)))
    const expected = facts(their)
    // That it starts at 0 goes without saying in theirs.
    expect(facts(own(their))).toEqual(expected.map((fact) => (fact.name === 'offset' ? { ...fact, default: 0 } : fact)))
  })

  test('asks for their body', () => {
    const mine = own(their)
    const [theirBody, myBody] = [their, mine].map(({ document, operation }) => resolve(document, operation.requestBody))
    if (theirBody === undefined) return expect(myBody).toBeUndefined()
    expect(myBody?.required).toBe(theirBody.required)
    const [theirSchema, mySchema] = [jsonOf(published, theirBody), jsonOf(made, myBody)]
    expect(requiredIn(made, mySchema)).toEqual(requiredIn(published, theirSchema))
    for (const [name, type] of Object.entries(typesIn(published, theirSchema))) {
      expect([typesIn(made, mySchema)[name]].flat(), name).toContain(type)
    }
  })

  test('gives their replies', () => {
    const responses = (one: Operation) => one.operation.responses
    for (const [status, response] of Object.entries<Json>(responses(their))) {
      const mine = responses(own(their))[status]
      expect(mine, `status ${status}`).toBeDefined()
      const [theirSchema, mySchema] = [jsonOf(published, response), jsonOf(made, mine)]
      if (theirSchema === undefined) continue
      expect(requiredIn(made, mySchema), status).toEqual(requiredIn(published, theirSchema))
      const types = typesIn(made, mySchema)
      for (const [name, type] of Object.entries(typesIn(published, theirSchema))) {
        expect([types[name]].flat(), `${status} ${name}`).toContain(type)
      }
    }
  })

  test('asks for a token where they do, and takes one wherever it makes a difference', () => {
    const security = own(their).operation.security
    if (operation.security !== undefined) expect(security).toEqual(operation.security)
    else expect([undefined, [{}, { Token: [] }]]).toContainEqual(security)
  })

  test('fails in their shape, whatever the failure', () => {
    const { document, operation } = own(their)
    const failures = Object.entries<Json>(operation.responses).filter(([status]) => Number(status) >= 400)
    expect(failures.map(([status]) => status)).toEqual(expect.arrayContaining(['422', '500', '503']))
    for (const [status, response] of failures) {
      const { content } = resolve(document, response)
      expect(content, status).toEqual({
        'application/json': { schema: { $ref: '#/components/schemas/GenericErrorModel' } },
      })
    }
  })
})

test('failures have the shape of their GenericErrorModel', () => {
  const model = { $ref: '#/components/schemas/GenericErrorModel' }
  expect(typesIn(made, model)).toEqual(typesIn(published, model))
  expect(requiredIn(made, model)).toEqual(requiredIn(published, model))
})

test('it is a valid document', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(made))
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})
