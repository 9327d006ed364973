import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Secret, SettingsError, secret, settings, variable } from '../../src/settings.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function faults(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (error) {
    if (error instanceof SettingsError) return error.faults
    throw error
  }
  throw new Error('the settings were taken')
}

const from = (env: Record<string, string | undefined>) => ({ env, files: [] })

describe('values', () => {
  test('text becomes what a zod schema asks for', () => {
    const config = settings(
      {
        port: z.int(),
        ratio: z.number(),
        debug: z.boolean(),
        corsOrigins: z.array(z.url()),
        codes: z.array(z.int()),
        limits: z.object({ burst: z.int() }),
        workers: z.union([z.int(), z.literal('auto')]),
        mode: z.enum(['fast', 'safe']),
        zip: z.string(),
        since: z.codec(z.iso.date(), z.date(), {
          decode: (text) => new Date(text),
          encode: (date) => date.toISOString().slice(0, 10),
        }),
      },
      from({
        PORT: '8080',
        RATIO: '0.5',
        DEBUG: 'true',
        CORS_ORIGINS: 'https://a.example, https://b.example',
        CODES: '[1,2]',
        LIMITS: '{"burst":3}',
        WORKERS: 'auto',
        MODE: 'safe',
        ZIP: '01234',
        SINCE: '2026-01-02',
      }),
    )
    expect(config).toEqual({
      port: 8080,
      ratio: 0.5,
      debug: true,
      corsOrigins: ['https://a.example', 'https://b.example'],
      codes: [1, 2],
      limits: { burst: 3 },
      workers: 'auto',
      mode: 'safe',
      zip: '01234',
      since: new Date('2026-01-02'),
    })
    config.port satisfies number
    config.workers satisfies number | 'auto'
    // @ts-expect-error a setting that is not declared
    config.host
  })

  test.each([
    ['arktype', { port: type('number.integer'), debug: type('boolean'), tags: type('string[]') }],
    [
      'valibot with its JSON Schema',
      {
        port: toStandardJsonSchema(v.pipe(v.number(), v.integer())),
        debug: toStandardJsonSchema(v.boolean()),
        tags: toStandardJsonSchema(v.array(v.string())),
      },
    ],
  ])('%s', (_, shape) => {
    expect(settings(shape, from({ PORT: '80', DEBUG: '0', TAGS: 'a,b,' }))).toEqual({
      port: 80,
      debug: false,
      tags: ['a', 'b'],
    })
  })

  test('a schema that says nothing of itself is offered the text first', () => {
    const config = settings(
      { port: v.number(), debug: v.boolean(), zip: v.string(), limits: v.object({ burst: v.number() }) },
      from({ PORT: '80', DEBUG: 'true', ZIP: '01234', LIMITS: '{"burst":3}' }),
    )
    expect(config).toEqual({ port: 80, debug: true, zip: '01234', limits: { burst: 3 } })
  })

  test.each(['0x10', '1_000', 'Infinity', 'NaN', '8080 ports', '１'])('"%s" is no number', (text) => {
    expect(faults(() => settings({ port: z.int() }, from({ PORT: text })))).toHaveLength(1)
  })

  test('names, prefixes, variables with names of their own', () => {
    const shape = { s3BucketURL: z.string(), oauth2ClientId: z.string(), port: variable('LISTEN', z.int()) }
    const env = { APP_S3_BUCKET_URL: 'b', APP_OAUTH2_CLIENT_ID: 'c', LISTEN: '1' }
    expect(settings(shape, { ...from(env), prefix: 'APP_' })).toEqual({
      s3BucketURL: 'b',
      oauth2ClientId: 'c',
      port: 1,
    })
  })

  test('two settings that read one variable are refused', () => {
    const shape = { databaseUrl: z.string(), databaseURL: z.string() }
    expect(() => settings(shape, from({}))).toThrow('"databaseUrl" and "databaseURL" both read DATABASE_URL')
  })

  test('an empty value counts as none', () => {
    const shape = { port: z.int().default(8000), host: z.string().optional() }
    expect(settings(shape, from({ PORT: '', HOST: '' }))).toEqual({ port: 8000, host: undefined })
  })

  test('the result and what it holds are frozen', () => {
    const config = settings({ list: z.array(z.object({ a: z.int() })) }, from({ LIST: '[{"a":1}]' }))
    expect([config, config.list, config.list[0]].every(Object.isFrozen)).toBe(true)
  })
})

describe('sources', () => {
  test('the environment wins over .env.<NODE_ENV>, that over .env; an empty value leaves it to the next', () => {
    file('.env', 'A=file\nB=file\nC=file\nD=file')
    file('.env.test', 'A=mode\nB=mode\nD=')
    const before = process.cwd()
    process.chdir(folder)
    try {
      const shape = { a: z.string(), b: z.string(), c: z.string(), d: z.string() }
      expect(settings(shape, { env: { NODE_ENV: 'test', A: 'environment', B: '' } })).toEqual({
        a: 'environment',
        b: 'mode',
        c: 'file',
        d: 'file',
      })
    } finally {
      process.chdir(before)
    }
  })

  test('a file that does not exist is passed over, one that cannot be read is named', () => {
    const shape = { a: z.string().optional() }
    expect(settings(shape, { env: {}, files: [join(folder, 'none')] })).toEqual({ a: undefined })
    expect(faults(() => settings(shape, { env: {}, files: [folder] }))).toEqual([`${folder} cannot be read: EISDIR`])
  })
})

describe('messages', () => {
  test('every fault at once: variable, place, what is wrong, the mend', () => {
    const env = file('.env', '# settings\nPORT=99999\nORIGINS=a.example\nnonsense here\nOPEN="never closed\n')
    const shape = {
      databaseUrl: z.url().describe('where orders are kept'),
      port: z.int().min(1).max(65_535),
      origins: z.array(z.url()),
      debug: z.boolean(),
      mode: z.enum(['fast', 'safe']),
      limits: z.object({ burst: z.int() }),
      missing: z.string().min(3),
    }
    const found = faults(() =>
      settings(shape, { env: { DEBUG: 'perhaps', MODE: 'slow', LIMITS: '{"burst":"x"}' }, files: [env] }),
    )
    expect(found.map((fault) => fault.replaceAll(env, '.env'))).toEqual([
      '.env, line 4 is no setting: write NAME=value, or # before a comment',
      '.env, line 5 opens a value of OPEN with " and never closes it',
      'DATABASE_URL is missing: set it in the environment or in .env, to a URL (where orders are kept)',
      'PORT (.env, line 2) is "99999": Too big: expected number to be <=65535; write a whole number from 1 to 65535',
      'ORIGINS (.env, line 3) is "a.example": 0: Invalid URL; write a list with commas, each a URL',
      'DEBUG (environment) is "perhaps": Invalid input: expected boolean, received string; write true or false',
      'MODE (environment) is "slow": Invalid option: expected one of "fast"|"safe"; write one of "fast", "safe"',
      'LIMITS (environment) is "{\\"burst\\":\\"x\\"}": burst: Invalid input: expected number, received string; write an object as JSON',
      'MISSING is missing: set it in the environment or in .env, to a text of 3 or more characters',
    ])
    expect(new SettingsError(found).message).toMatch(/^9 settings are wrong\n\n {2}\S/)
  })

  test('a schema that takes its time is named', () => {
    const slow = z.string().refine(async () => true)
    expect(faults(() => settings({ slow }, from({ SLOW: 'x' })))[0]).toContain('settings are read at once')
  })

  test('the login in a URL is left out, also where a long value is cut', () => {
    const text = `postgres://shop:p@ss/w${'o'.repeat(80)}rd@host/db name`
    const [fault] = faults(() => settings({ url: z.url({ protocol: /^https$/ }) }, from({ URL: text })))
    expect(fault).toContain('"postgres://…@host/db name"')
    const [other] = faults(() =>
      settings({ url: type('string.email') }, from({ URL: 'postgres://shop:hunter2@host/db' })),
    )
    expect(other).not.toContain('hunter2')
  })
})

test('types of secrets', () => {
  const config = settings({ a: secret(z.string()), b: secret(z.int().optional()) }, from({ A: 'x' }))
  config.a satisfies Secret<string>
  config.b satisfies Secret<number> | undefined
  // @ts-expect-error a secret is no string
  config.a satisfies string
  expect([config.a.reveal(), config.b]).toEqual(['x', undefined])
})
