import { sql } from 'drizzle-orm'
import { Forbidden, api, group } from 'trestle'
import { model, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { caller } from './caller.ts'
import { onBothDatabases } from './databases.ts'

onBothDatabases('hooks', (opened) => {
  test('see what is written, change it, and undo all of it', async () => {
    const { tables, db, run } = opened()
    const { notes } = tables
    const told: unknown[] = []
    const { client, close } = await createTestClient(
      api({
        notes: group(
          '/notes',
          resource(model(notes, { version: 'version', deleted: 'deleted_at' }), {
            db,
            use: { caller },
            hooks: {
              beforeCreate: (values, { caller }) => ({ ...values, words: `${values.words} by ${caller}` }),
              afterCreate: (row) => void told.push(['created', row.words]),
              beforeUpdate: (change, key) => {
                if (change.words === 'refuse') throw Forbidden()
                told.push(['update', key])
              },
              afterUpdate: (row) => {
                told.push(['updated', row.words])
                if (row.words === 'undo') throw Forbidden()
              },
              afterRemove: (row) => {
                told.push(['removed', row.words])
                if (row.words === 'keep') throw Forbidden()
              },
              afterRead: (rows) => rows.map((row) => ({ ...row, owner: row.owner.toUpperCase() })),
            },
            endpoints: Object.fromEntries(
              (['update', 'updateMany', 'remove', 'removeMany'] as const).map((verb) => [
                verb,
                { throws: [Forbidden] },
              ]),
            ),
          }),
        ),
      }),
    )
    const made = await client.notes.createMany({
      body: {
        items: [
          { owner: 'x', words: 'a' },
          { owner: 'y', words: 'b' },
        ],
      },
    })
    expect(made.items.map(({ words }) => words)).toEqual(['a by nobody', 'b by nobody'])
    const [first, second] = made.items.map(({ id }) => id) as [number, number]
    expect((await client.notes.list()).items.map(({ owner }) => owner)).toEqual(['X', 'Y'])
    expect((await client.notes.read({ params: { id: first } })).owner).toBe('X')
    const all = () => run(sql`select id, words, version, deleted_at from notes order by id`)
    const before = await all()
    const items = (words: string) => ({
      body: {
        items: [
          { id: first, words: 'fine' },
          { id: second, words },
        ],
      },
    })
    for (const words of ['undo', 'refuse'])
      await expect(client.notes.updateMany(items(words))).rejects.toMatchObject({ status: 403 })
    await expect(client.notes.update({ params: { id: first }, body: { words: 'undo' } })).rejects.toMatchObject({
      status: 403,
    })
    expect(await all()).toEqual(before)
    await client.notes.update({ params: { id: second }, body: { words: 'keep' } })
    await expect(client.notes.removeMany({ body: { items: [{ id: first }, { id: second }] } })).rejects.toMatchObject({
      status: 403,
    })
    expect((await all()).map(({ words, deleted_at }) => [words, deleted_at])).toEqual([
      ['a by nobody', null],
      ['keep', null],
    ])
    expect(told.slice(0, 2)).toEqual([
      ['created', 'a by nobody'],
      ['created', 'b by nobody'],
    ])
    expect(told).toContainEqual(['removed', 'keep'])
    await close()
  })
})
