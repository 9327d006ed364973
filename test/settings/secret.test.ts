import { inspect } from 'node:util'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Secret, SettingsError, describeSettings, secret, settings } from '../../src/settings.ts'

const CANARY = 'canary-4711-do-not-sing'

describe('a secret prints as [secret]', () => {
  const value = new Secret(CANARY)
  test.each([
    ['template string', `${value}`],
    ['String', String(value)],
    ['concatenation', `a${value}`.slice(1)],
    ['join', [value].join()],
    ['console.log', inspect(value)],
    ['toLocaleString', value.toLocaleString()],
  ])('%s', (_, text) => {
    expect(text).toBe('[secret]')
  })

  test('nothing of it is left in what holds it', () => {
    const config = settings({ key: secret(z.string()) }, { env: { KEY: CANARY }, files: [] })
    const shown = [
      JSON.stringify(config),
      JSON.stringify({ deep: [config] }),
      inspect(config, { showHidden: true, depth: 9, getters: true, customInspect: false }),
      inspect([new Error('x', { cause: config.key })], { depth: 9 }),
      String(Object.entries(config)),
      String(Reflect.ownKeys(config.key)),
      JSON.stringify(structuredClone({ ...config.key })),
    ]
    expect(shown.filter((text) => text.includes(CANARY))).toEqual([])
    expect(config.key.reveal()).toBe(CANARY)
  })
})

describe('a secret is in no message', () => {
  const telling = { error: (issue: { input?: unknown }) => `not ${issue.input}` }
  const schemas = {
    'zod number': z.int(),
    'zod enum': z.enum(['open', 'paid']),
    'zod message that quotes': z.string().refine(() => false, telling),
    'zod pattern': z.string().regex(/^sk_/),
    'zod default': z.string().min(99).default(`${CANARY}-default`),
    'zod that throws': z.string().transform((text) => {
      throw new Error(`cannot take ${text}`)
    }),
    'zod list': z.array(z.url()),
    'zod object': z.object({ a: z.int() }),
    'zod asynchronous': z.string().refine(async () => false, telling),
    'arktype, whose messages quote': type('string.email'),
    'valibot, whose messages quote': v.pipe(v.string(), v.url()),
    literal: z.literal(`${CANARY}-literal`),
  }

  test.each(Object.entries(schemas))('%s', (_, schema) => {
    const texts = [CANARY, `{"a":"${CANARY}"}`, `["${CANARY}"]`, `https://${CANARY} x`]
    for (const text of texts) {
      try {
        settings({ key: secret(schema) }, { env: { KEY: text }, files: [] })
        throw new Error('it was taken')
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError)
        expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(CANARY)
        expect((error as Error).message).toContain('KEY (environment) is not taken, its value is secret: write ')
      }
    }
    expect(describeSettings({ key: secret(schema) })).not.toContain(CANARY)
  })
})

test('settings as a table for people', () => {
  const shape = {
    port: z.int().min(1).max(65_535).default(8000).describe('Where the API listens'),
    databaseUrl: secret(z.url().optional().describe('Postgres; without it the data is in a file')),
    sessionKey: secret(z.string().min(32)),
    token: secret(z.string().default(CANARY)),
    mode: z.enum(['fast', 'safe']),
    origins: z.array(z.url()).default([]),
    workers: v.number(),
  }
  expect(describeSettings(shape, { prefix: 'SHOP_' })).toBe(`\
SHOP_PORT          a whole number from 1 to 65535           default 8000   Where the API listens
SHOP_DATABASE_URL  a URL, secret                            optional       Postgres; without it the data is in a file
SHOP_SESSION_KEY   a text of 32 or more characters, secret  required
SHOP_TOKEN         a text, secret                           has a default
SHOP_MODE          one of "fast", "safe"                    required
SHOP_ORIGINS       a list with commas, each a URL           default []
SHOP_WORKERS       a value                                  required`)
})
