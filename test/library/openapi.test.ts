import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { toOpenApi } from 'trestle/openapi'
import { expect, test } from 'vitest'
import library from '../../examples/library/library.ts'
import { lint } from '../openapi/redocly.ts'

test('its document is valid for the schema of OpenAPI, and for redocly lint', async () => {
  const document = await toOpenApi(library)
  expect(await new Validator().validate(structuredClone({ ...document }))).toEqual({ valid: true })
  const folder = await mkdtemp(path.join(tmpdir(), 'trestle-library-'))
  const { errors, rules } = await lint(document, folder)
  await rm(folder, { recursive: true })
  expect(errors).toBe(0)
  expect(rules).toEqual([])
})
