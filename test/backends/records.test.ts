import { type RecordStore, recordStore } from 'trestle/auth'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { onEveryBackend } from './backends.ts'
import { openPort } from './open-port.ts'

const DAY = 86_400_000
const FOREVER = Number.POSITIVE_INFINITY

onEveryBackend('The store of records', (behind) => {
  let records: RecordStore
  let close: () => Promise<void>
  beforeAll(async () => {
    const opened = await openPort(recordStore, behind.setting)
    records = opened.port
    close = opened.close
  })
  afterAll(() => close())

  /** An id, an owner and a kind that nobody else has. */
  const fresh = () => ({ kind: crypto.randomUUID(), id: crypto.randomUUID(), owner: `user:${crypto.randomUUID()}` })
  const added = async (keep = DAY) => {
    const { kind, id, owner } = fresh()
    expect(await records.add(kind, { id, owner, value: '{"is":"Jürgen ☕"}' }, keep)).toBe(true)
    return { kind, id, owner }
  }

  it.each([DAY, FOREVER])('keeps a record for %d ms', async (keep) => {
    const { kind, id, owner } = await added(keep)
    expect(await records.get(kind, id)).toEqual({ id, owner, value: '{"is":"Jürgen ☕"}', version: 1 })
    expect(await records.get(kind, 'other')).toBeUndefined()
    expect(await records.get('other', id)).toBeUndefined()
    expect(await records.add(kind, { id, owner, value: '2' }, keep)).toBe(false)
    expect(await records.get(kind, id)).toMatchObject({ version: 1 })
  })

  it('changes what is as it was read', async () => {
    const { kind, id, owner } = await added()
    const first = await known(kind, id)
    expect(await records.replace(kind, first, '2', FOREVER)).toBe(true)
    expect(await records.replace(kind, first, '3', DAY)).toBe(false)
    expect(await records.get(kind, id)).toEqual({ id, owner, value: '2', version: 2 })
    expect(await records.replace(kind, await known(kind, id), '3', DAY)).toBe(true)
    await records.remove(kind, id)
    expect(await records.replace(kind, { ...first, version: 3 }, '4', DAY)).toBe(false)
    expect(await records.get(kind, id)).toBeUndefined()
  })

  const known = async (kind: string, id: string) => {
    const found = await records.get(kind, id)
    if (found === undefined) throw new Error('it is not there')
    return found
  }

  it('of many that change at once, one does', async () => {
    const { kind, id } = await added()
    const first = await known(kind, id)
    const all = await Promise.all(Array.from({ length: 20 }, (_, by) => records.replace(kind, first, String(by), DAY)))
    expect(all.filter(Boolean)).toHaveLength(1)
    expect((await known(kind, id)).value).toBe(String(all.indexOf(true)))
    const again = await Promise.all(
      Array.from({ length: 20 }, (_, by) => records.add(kind, { id: 'new', owner: 'o', value: String(by) }, DAY)),
    )
    expect(again.filter(Boolean)).toHaveLength(1)
  })

  it('what is over is gone, and may come anew', async () => {
    const { kind, id, owner } = await added(30)
    const first = await known(kind, id)
    const longer = { ...first, id: 'longer' }
    await records.add(kind, longer, 30)
    await records.replace(kind, longer, 'longer', DAY)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await records.get(kind, id)).toBeUndefined()
    expect(await records.replace(kind, first, '2', DAY)).toBe(false)
    expect(await records.list(kind, owner)).toMatchObject([{ id: 'longer', value: 'longer', version: 2 }])
    expect(await records.remove(kind, id)).toBe(false)
    expect(await records.add(kind, { id, owner, value: 'new' }, DAY)).toBe(true)
    expect(await records.get(kind, id)).toMatchObject({ value: 'new', version: 1 })
  })

  it('is shortened as well as prolonged', async () => {
    const { kind, id, owner } = await added(FOREVER)
    await records.replace(kind, await known(kind, id), 'short', 30)
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await records.get(kind, id)).toBeUndefined()
    expect(await records.list(kind, owner)).toEqual([])
  })

  it('lists and removes those of an owner, and no others', async () => {
    const { kind, id, owner } = await added()
    await records.add(kind, { id: 'second', owner, value: '2' }, FOREVER)
    await records.add(kind, { id: 'theirs', owner: `${owner}:x`, value: '3' }, FOREVER)
    const ids = async (of?: string) => (await records.list(kind, of)).map((one) => one.id).sort()
    expect(await ids(owner)).toEqual([id, 'second'].sort())
    expect(await ids()).toEqual([id, 'second', 'theirs'].sort())
    expect(await records.remove(kind, 'second')).toBe(true)
    expect(await records.remove(kind, 'second')).toBe(false)
    expect(await ids(owner)).toEqual([id])
    await records.add(kind, { id: 'third', owner, value: '4' }, FOREVER)
    expect(await records.removeOf(kind, owner)).toBe(2)
    expect(await records.removeOf(kind, owner)).toBe(0)
    expect(await ids()).toEqual(['theirs'])
    expect(await records.get(kind, id)).toBeUndefined()
  })

  it('lists a thousand at most', async () => {
    const { kind, owner } = fresh()
    for (let from = 0; from < 1050; from += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, at) => records.add(kind, { id: `${from + at}`, owner, value: '' }, DAY)),
      )
    }
    expect(await records.list(kind)).toHaveLength(1000)
    expect(await records.removeOf(kind, owner)).toBe(1050)
  })
})
