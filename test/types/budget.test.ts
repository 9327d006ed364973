import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Form, generatedApi } from './generated-api.ts'

const root = path.resolve(import.meta.dirname, '../..')
const folder = path.join(root, 'node_modules', '.cache', 'trestle-types')

beforeAll(() => mkdir(folder, { recursive: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Instantiations that `tsc` counts for a generated program, which must compile without an error. */
async function instantiations(endpoints: number, form: Form): Promise<number> {
  const name = `${form}-${endpoints}`
  await writeFile(path.join(folder, `${name}.ts`), generatedApi(endpoints, form))
  const config = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: { isolatedDeclarations: false, declaration: false, rootDir: root },
    include: [],
    files: [`${name}.ts`],
  }
  const project = path.join(folder, `${name}.json`)
  await writeFile(project, JSON.stringify(config))
  const tsc = path.join(root, 'node_modules', '.bin', 'tsc')
  const { stdout } = await promisify(execFile)(tsc, ['-p', project, '--extendedDiagnostics'])
  const count = /Instantiations:\s+(\d+)/.exec(stdout)?.[1]
  if (count === undefined) throw new Error(`tsc said nothing of instantiations:\n${stdout}`)
  return Number(count)
}

test('an endpoint costs at most 200 instantiations, the same at 500 endpoints as at 3,000', async () => {
  const few = await instantiations(5, 'shared')
  const some = (await instantiations(500, 'shared')) - few
  const many = (await instantiations(3000, 'shared')) - few
  const [atSome, atMany] = [some / 495, many / 2995]
  console.log(`instantiations per endpoint: ${atSome.toFixed(0)} at 500, ${atMany.toFixed(0)} at 3,000`)
  expect(atSome).toBeLessThanOrEqual(200)
  expect(atMany).toBeLessThanOrEqual(200)
  expect(Math.abs(atMany - atSome)).toBeLessThan(atSome * 0.05)
}, 120_000)

test('where each group has schemas of its own, Trestle adds at most 220 to what zod costs by itself', async () => {
  const own = (await instantiations(500, 'own')) - (await instantiations(5, 'own'))
  const plain = (await instantiations(500, 'plain')) - (await instantiations(5, 'plain'))
  const added = (own - plain) / 495
  console.log(`instantiations per endpoint: zod ${(plain / 495).toFixed(0)}, Trestle ${added.toFixed(0)} more`)
  expect(added).toBeLessThanOrEqual(220)
}, 120_000)
