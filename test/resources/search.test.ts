import { sql } from 'drizzle-orm'
import { api, group } from 'trestle'
import { resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'
import { TEXTS } from './hostile-values.ts'

onBothDatabases('a search', (opened) => {
  test('is of text alone, and takes its words as words', async () => {
    const { dialect, tables, db, run } = opened()
    expect(() => resource(tables.samples, { db, search: ['big' as 'code'] })).toThrow('"search" names big')
    if (dialect === 'postgres') {
      for (const name of ['uuid', 'mood', 'day', 'stamp', 'exact'])
        expect(() => resource(tables.samples, { db, search: [name as 'code'] })).toThrow(`"search" names ${name}`)
    }
    await run(
      sql`insert into samples (id, word, code) values (1, 'rain in spring', 'NEAR'), (2, 'rain', 'AND'), (3, null, 'a"b')`,
    )
    if (dialect === 'sqlite') {
      await run(sql`create virtual table words using fts5(word, code, content='samples', content_rowid='id')`)
      await run(sql`insert into words (words) values ('rebuild')`)
    }
    const search = { columns: ['word', 'code'], ...(dialect === 'sqlite' && { fts5: 'words' }) } as const
    const { fetch, close, failures } = await createTestClient(
      api({ samples: group('/samples', resource(tables.samples, { db, search })) }),
    )
    const ids = async (q: string) => {
      const reply = await fetch(`/samples?q=${encodeURIComponent(q)}`)
      return reply.status === 200 ? (await reply.json()).items.map(({ id }: { id: number }) => id) : reply.status
    }
    expect(await ids('rain')).toEqual([1, 2])
    expect(await ids('RAIN spring')).toEqual([1])
    expect(await ids('NEAR')).toEqual([1])
    expect(await ids('AND')).toEqual([2])
    expect(await ids('a"b')).toEqual([3])
    expect(await ids('   ')).toBe(422)
    for (const text of TEXTS) {
      const found = await ids(text)
      if (!Array.isArray(found)) expect([text, found]).toEqual([text, 422])
    }
    expect(
      failures.map((one) => `${one} ${(one as Error).cause}`).filter((text) => !text.includes('no index')),
    ).toEqual([])
    await close()
    if (dialect === 'sqlite') await run(sql`drop table words`)
  })
})
