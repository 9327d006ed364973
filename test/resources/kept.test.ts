import { type SQL, and, eq, gte, inArray, like, lt, ne, or, sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { many, model, one, resource, where } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { caller } from './caller.ts'
import { type Opened, type Tables, onBothDatabases } from './databases.ts'

type Notes = Tables['notes']

/**
 * Rules whose statements differ by what the caller is, in their text, or in the number and the order of their values alone:
 * what one caller’s statement is kept by must be no other’s.
 */
const RULES: Readonly<Record<string, (row: Note) => boolean>> = {
  admin: () => true,
  ann: (note) => note.owner === 'ann',
  bob: (note) => note.owner === 'bob',
  both: (note) => ['ann', 'bob'].includes(note.owner),
  three: (note) => ['ann', 'bob', 'cat'].includes(note.owner),
  low: (note) => note.id < 20,
  high: (note) => note.id >= 20,
  between: (note) => note.id >= 10 && note.id < 30,
  outside: (note) => note.id >= 30 || note.id < 10,
  swapped: (note) => note.id >= 30 && note.id < 10,
  nobody: () => false,
}

function visible({ id, owner }: Notes): Readonly<Record<string, SQL | undefined>> {
  return {
    admin: undefined,
    ann: eq(owner, 'ann'),
    bob: eq(owner, 'bob'),
    both: inArray(owner, ['ann', 'bob']),
    three: inArray(owner, ['ann', 'bob', 'cat']),
    low: lt(id, 20),
    high: gte(id, 20),
    between: and(gte(id, 10), lt(id, 30)),
    outside: or(gte(id, 30), lt(id, 10)),
    swapped: and(gte(id, 30), lt(id, 10)),
    nobody: sql`1 = 0`,
  }
}

interface Note {
  readonly id: number
  readonly owner: string
  readonly folder_id: number
  readonly words: string
}

const NOTES: readonly Note[] = Array.from({ length: 40 }, (_, i) => ({
  id: i + 1,
  owner: ['ann', 'bob', 'cat', 'dan'][(i * 7) % 4] as string,
  folder_id: ((i * 5) % 3) + 1,
  words: `w${(i * 11) % 6}`,
}))

function notebook({ tables: { folders, notes, remarks }, db }: Opened) {
  const use = { caller }
  const note = model(notes, { use, deleted: 'deleted_at', visible: ({ caller }, table) => visible(table)[caller] })
  const folder = model(folders, { use, visible: ({ caller }, { id }) => (caller === 'low' ? lt(id, 3) : undefined) })
  const options = {
    db,
    filter: ['words', 'owner'],
    sort: ['words', 'owner'],
    sparse: true,
    export: true,
    size: { usual: 50, most: 100 },
    where: {
      part: where(z.enum(['first', 'second', 'edges', 'all']), (part, { id }: Notes) =>
        part === 'all'
          ? undefined
          : part === 'first'
            ? lt(id, 20)
            : part === 'second'
              ? gte(id, 20)
              : or(lt(id, 5), gte(id, 35)),
      ),
      says: where(z.string(), (text, { words }: Notes) =>
        text.startsWith('!') ? ne(words, text.slice(1)) : like(words, text),
      ),
    },
    expand: {
      folder: one(folder, { expand: { notes: many(note) } }),
      remarks: many(remarks, { always: true }),
    },
  } as const
  return api({
    notes: group('/notes', resource(note, options)),
    placed: group('/folders/{folder_id}/notes', resource(note, { ...options, within: { folder_id: folder } })),
  })
}

onBothDatabases('kept statements', (opened) => {
  let started: Awaited<ReturnType<typeof start>>
  const start = () => createTestClient(notebook(opened()))
  beforeAll(async () => {
    const { run } = opened()
    started = await start()
    await run(sql`insert into folders (id, owner, name) values (1, 'ann', 'a'), (2, 'bob', 'b'), (3, 'cat', 'c')`)
    for (const { id, owner, folder_id, words } of NOTES) {
      await run(sql`insert into notes (id, owner, folder_id, words) values (${id}, ${owner}, ${folder_id}, ${words})`)
      await run(sql`insert into remarks (id, owner, note_id, words) values (${id}, ${owner}, ${id}, ${words})`)
    }
  })
  afterAll(() => started.close())

  test('give each caller the rows of their own query, whatever was asked before and is asked beside', async () => {
    let seed = 11
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return Math.floor((seed / 2147483648) * below)
    }
    const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T
    const callers = Object.keys(RULES)
    const one = async () => {
      const who = pick(callers)
      const isSeen = RULES[who] as (note: Note) => boolean
      const fields: [string, string][] = []
      let wanted = NOTES.filter(isSeen)
      const narrow = (name: string, value: string, rule: (note: Note) => boolean) => {
        fields.push([name, value])
        wanted = wanted.filter(rule)
      }
      if (random(3) === 0) {
        const part = pick(['first', 'second', 'edges', 'all'])
        const rules: Record<string, (id: number) => boolean> = {
          first: (id) => id < 20,
          second: (id) => id >= 20,
          edges: (id) => id < 5 || id >= 35,
          all: () => true,
        }
        narrow('part', part, ({ id }) => rules[part]?.(id) === true)
      }
      if (random(3) === 0) {
        const word = `w${random(6)}`
        if (random(2) === 0) narrow('says', word, ({ words }) => words === word)
        else narrow('says', `!${word}`, ({ words }) => words !== word)
      }
      if (random(4) === 0) {
        const owner = pick(['ann', 'bob', 'cat'])
        if (random(2) === 0) narrow('owner', owner, (note) => note.owner === owner)
        else narrow('owner[ne]', owner, (note) => note.owner !== owner)
      }
      if (random(4) === 0) {
        const list = ['w1', 'w2', 'w3', 'w4'].slice(random(3))
        narrow('words[in]', '', ({ words }) => list.includes(words))
        fields.pop()
        for (const word of list) fields.push(['words[in]', word])
      }
      const folder = random(2) === 0 ? undefined : 1 + random(3)
      if (folder !== undefined) wanted = wanted.filter((note) => note.folder_id === folder)
      const isThere = folder === undefined || who !== 'low' || folder < 3
      const path = folder === undefined ? '/notes' : `/folders/${folder}/notes`
      const sort = pick(['', 'words', '-words', 'owner,-words'])
      if (sort !== '') fields.push(['sort', sort])
      const shown = pick(['', 'words', 'words,remarks', 'owner'])
      if (shown !== '') fields.push(['fields', shown])
      const expanded = pick(['', '', 'folder', 'folder.notes'])
      if (expanded !== '') fields.push(['expand', expanded])
      const headers = { 'x-caller': who }
      const query = new URLSearchParams(fields).toString()
      const form = random(6)
      if (form === 0) {
        const { id } = pick(NOTES)
        const reply = await started.fetch(`${path}/${id}${expanded && `?expand=${expanded}`}`, { headers })
        const isOne = NOTES.some(
          (note) => note.id === id && isSeen(note) && (folder === undefined || note.folder_id === folder),
        )
        expect([path, id, who, reply.status]).toEqual([path, id, who, isOne && isThere ? 200 : 404])
        if (isOne && isThere) check(await reply.json(), '', expanded, who)
        else await reply.text()
        return
      }
      const said = `${who} ${path}?${query}`
      const items: Record<string, unknown>[] = []
      let next: string | null = null
      do {
        const at: string =
          form === 1
            ? `${path}/export?${query}`
            : `${path}?${query}&limit=${form === 2 ? 3 : 100}${next ? `&cursor=${next}` : ''}`
        const reply = await started.fetch(at, { headers })
        if (!isThere) return expect([said, reply.status]).toEqual([said, 404])
        expect([said, reply.status]).toEqual([said, 200])
        const body = await reply.json()
        items.push(...(form === 1 ? body : body.items))
        next = form === 1 ? null : body.next_cursor
      } while (next !== null)
      const found = items.map(({ id }) => Number(id))
      expect([said, found.toSorted((a, b) => a - b)]).toEqual([said, wanted.map(({ id }) => id)])
      const by = (word: string) => (a: Note, b: Note) =>
        a[word as 'words'] < b[word as 'words'] ? -1 : a[word as 'words'] > b[word as 'words'] ? 1 : 0
      const orders: Record<string, (a: Note, b: Note) => number> = {
        '': (a, b) => a.id - b.id,
        words: (a, b) => by('words')(a, b) || a.id - b.id,
        '-words': (a, b) => by('words')(b, a) || b.id - a.id,
        'owner,-words': (a, b) => by('owner')(a, b) || by('words')(b, a) || b.id - a.id,
      }
      expect([said, found]).toEqual([said, wanted.toSorted(orders[sort]).map(({ id }) => id)])
      for (const item of items) check(item, shown, expanded, who)
    }
    const check = (item: Record<string, unknown>, shown: string, expanded: string, who: string) => {
      const note = NOTES.find(({ id }) => id === item.id) as Note
      const names = shown === '' ? ['owner', 'folder_id', 'words', 'remarks'] : shown.split(',')
      expect(
        Object.keys(item)
          .filter((name) => name in note || name === 'remarks')
          .toSorted(),
      ).toEqual(['id', ...names].toSorted())
      for (const name of names) {
        if (name === 'remarks')
          expect(item.remarks).toMatchObject([{ id: note.id, note_id: note.id, words: note.words }])
        else expect(item[name]).toBe(note[name as keyof Note])
      }
      if (expanded === '') return expect(item).not.toHaveProperty('folder')
      const isHidden = who === 'low' && note.folder_id === 3
      if (isHidden) return expect(item.folder).toBeNull()
      const folder = item.folder as { id: number; notes?: { id: number }[] }
      expect(folder.id).toBe(note.folder_id)
      const inside = NOTES.filter((one) => one.folder_id === folder.id && (RULES[who] as (note: Note) => boolean)(one))
      expect(folder.notes?.map(({ id }) => id)).toEqual(expanded === 'folder' ? undefined : inside.map(({ id }) => id))
    }
    for (let i = 0; i < 250; i++) await Promise.all(Array.from({ length: 4 }, one))
  }, 120_000)
})
