import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { folder, openLibrary } from './open.ts'

let library: Awaited<ReturnType<typeof openLibrary>>
beforeAll(async () => {
  library = await openLibrary()
})
afterAll(() => library.remove())

test('is less than a hundred lines of code over more than ten tables', async () => {
  const files = await Promise.all(
    ['library.ts', 'database.ts', 'main.ts'].map((file) => readFile(path.join(folder, file), 'utf8')),
  )
  const code = files
    .join('\n')
    .replace(/\/\*\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
  expect(code.length).toBeLessThan(100)
  const schema = await readFile(path.join(folder, 'schema', 'schema.ts'), 'utf8')
  expect(schema.match(/= sqliteTable\(/g)).toHaveLength(13)
})

test('anybody looks for a title, and sees what belongs to it', async () => {
  const { client } = library
  const found = await client.titles.list({
    query: { q: 'homer OR odyssey', expand: ['publisher'] },
  })
  expect(found.items).toEqual([])
  const [title] = (
    await client.titles.list({
      query: { q: 'odyssey', expand: ['publisher', 'authors.author', 'subjects.subject', 'copies.branch'] },
    })
  ).items
  expect(title).toMatchObject({ name: 'The Odyssey', list_price: '22', publisher: { name: 'Viking Press' } })
  expect(title?.authors?.map(({ role, author }) => [role, author?.last_name])).toEqual([
    ['author', 'Homer'],
    ['translator', 'Fagles'],
  ])
  expect(title?.subjects?.map(({ subject }) => subject?.label)).toEqual(['Epic poetry'])
  expect(title?.copies?.map(({ acquired_on, branch }) => [acquired_on, branch?.is_mobile])).toEqual([
    ['2017-04-12', false],
  ])
  const status: 'in' | 'out' | 'lost' | 'repair' | undefined = title?.copies?.[0]?.status
  expect(status).toBe('in')
})

test('a walk over the pages meets every title once, in the order of the sort', async () => {
  const names: string[] = []
  for await (const { name } of library.client.titles.list.items({ query: { sort: ['-published'], limit: 4 } }))
    names.push(name)
  expect(names).toHaveLength(13)
  expect(names[0]).toBe('Never Let Me Go')
  expect(new Set(names).size).toBe(13)
})

test('members see what is theirs, and nothing else, wherever they look', async () => {
  const { client, of } = library
  await expect(client.loans.list()).rejects.toMatchObject({ status: 401 })
  const amir = of('amir')
  const loans = (await amir.loans.list({ query: { expand: ['copy.title', 'fines'] } })).items
  expect(loans.map(({ member_id, copy }) => [member_id, copy?.title?.name])).toEqual([
    [2, 'The Dispossessed'],
    [2, 'The Dispossessed'],
    [2, 'Never Let Me Go'],
  ])
  expect(loans.map(({ fines }) => fines?.map(({ amount, paid }) => [amount, paid]))).toEqual([[], [], [['4.4', true]]])
  expect((await amir.members.list()).items.map(({ full_name }) => full_name)).toEqual(['Amir Haddad'])
  expect((await amir.fines.list()).items.map(({ fine_id }) => fine_id)).toEqual([1])
  await expect(amir.loans.read({ params: { loan_id: 2 } })).rejects.toMatchObject({ status: 404 })
  await expect(amir.members.read({ params: { member_id: 1 } })).rejects.toMatchObject({ status: 404 })
  const everything = JSON.stringify([loans, await amir.members.list()])
  expect(everything).not.toContain('argon2')
  const edith = of('edith')
  expect((await edith.loans.list({ query: { 'due_on[lt]': '2019-10-01' } })).items.length).toBeGreaterThan(3)
  expect((await edith.members.list()).items).toHaveLength(5)
})

test('staff lends and takes back; members may not', async () => {
  const { of } = library
  const [edith, amir] = [of('edith'), of('amir')]
  const body = { barcode: 'R1021', member_id: 2, due_on: '2019-12-02' }
  await expect(amir.loans.create({ body })).rejects.toMatchObject({ status: 403 })
  await expect(edith.loans.create({ body: { ...body, due_on: 'soon' } })).rejects.toMatchObject({
    status: 422,
    problem: { errors: [{ pointer: '/body/due_on' }] },
  })
  const loan = await edith.loans.create({ body })
  expect(loan).toMatchObject({ loan_id: 9, renewals: 0, returned_at: null, lent_at: expect.stringMatching(/^\d{4}-/) })
  await edith.copies.update({ params: { barcode: 'R1021' }, body: { status: 'out' } })
  // Their own index lets a copy be out once.
  await expect(edith.loans.create({ body: { ...body, member_id: 3 } })).rejects.toMatchObject({
    status: 409,
    problem: { errors: [{ pointer: '/body/barcode', code: 'taken' }] },
  })
  await edith.loans.update({ params: { loan_id: loan.loan_id }, body: { returned_at: '2019-11-30 10:00:00' } })
  await edith.loans.create({ body: { ...body, member_id: 3 } })
})

test('a hold belongs to who places it', async () => {
  const { of } = library
  const [amir, ines] = [of('amir'), of('ines')]
  const hold = await amir.holds.create({ body: { title_id: 12, pickup_at: 2 } })
  expect(hold).toMatchObject({ member_id: 2, title_id: 12, note: null })
  await expect(amir.holds.create({ body: { title_id: 12, pickup_at: 1 } })).rejects.toMatchObject({ status: 409 })
  await expect(amir.holds.create({ body: { title_id: 77, pickup_at: 1 } })).rejects.toMatchObject({ status: 422 })
  const params = { hold_id: hold.hold_id }
  await expect(ines.holds.read({ params })).rejects.toMatchObject({ status: 404 })
  await expect(ines.holds.remove({ params })).rejects.toMatchObject({ status: 404 })
  expect(await amir.holds.read({ params, query: { expand: ['pickup'] } })).toMatchObject({
    pickup: { name: 'North Bank' },
  })
  await amir.holds.remove({ params })
})

test('anybody reads a review, and its author alone changes it', async () => {
  const { client, of } = library
  const body = { title_id: 4, stars: 5, body: 'Long, and too short.' }
  await expect(client.reviews.create({ body })).rejects.toMatchObject({ status: 401 })
  const { review_id } = await of('amir').reviews.create({ body })
  const params = { review_id }
  expect(await client.reviews.read({ params })).toMatchObject({ member_id: 2, stars: 5 })
  await expect(of('ines').reviews.update({ params, body: { stars: 1 } })).rejects.toMatchObject({ status: 403 })
  // Their CHECK, and no schema of ours.
  await expect(of('amir').reviews.update({ params, body: { stars: 6 } })).rejects.toMatchObject({ status: 422 })
  await of('amir').reviews.remove({ params })
  expect((await client.reviews.list({ query: { title_id: 4 } })).items).toEqual([])
})

test('nothing went wrong inside, and no filter or sort reads a whole table', () => {
  expect(library.failures).toEqual([])
})
