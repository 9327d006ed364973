import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Form, generatedApi } from './generated-api.ts'
import { type ResourceForm, generatedResources } from './generated-resources.ts'

const root = path.resolve(import.meta.dirname, '../..')
const folder = path.join(root, 'node_modules', '.cache', 'trestle-types')

beforeAll(() => mkdir(folder, { recursive: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Instantiations that `tsc` counts for a generated program, which must compile without an error. */
async function instantiationsOf(name: string, program: string): Promise<number> {
  await writeFile(path.join(folder, `${name}.ts`), program)
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

function instantiations(endpoints: number, form: Form): Promise<number> {
  return instantiationsOf(`${form}-${endpoints}`, generatedApi(endpoints, form))
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

test('a resource, with its model, adds at most 1,400 to what Drizzle costs by itself, the same for the 80th as for the 40th', async () => {
  const each = async (form: ResourceForm, from: number, to: number): Promise<number> => {
    const count = (many: number) => instantiationsOf(`${form}-${many}`, generatedResources(many, form))
    return ((await count(to)) - (await count(from))) / (to - from)
  }
  const table = await each('tables', 10, 40)
  const [few, many] = [await each('resources', 10, 40), await each('resources', 40, 80)]
  const call = (await each('calls', 10, 40)) - few
  console.log(
    `instantiations per resource: Drizzle ${table.toFixed(0)}, Trestle ${(few - table).toFixed(0)} more, a list and a create of the client ${call.toFixed(0)}`,
  )
  expect(few - table).toBeLessThanOrEqual(1400)
  expect(Math.abs(many - few)).toBeLessThan(few * 0.02)
  expect(call).toBeLessThanOrEqual(4000)
}, 240_000)
