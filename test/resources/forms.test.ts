import { api, group } from 'trestle'
import { model, resource } from 'trestle/resources'
import { createTestClient } from 'trestle/testing'
import { expect, test } from 'vitest'
import { onBothDatabases } from './databases.ts'

onBothDatabases('the forms of a resource', (opened) => {
  test('a change is JSON or a merge patch, and rows are what Accept asks for', async () => {
    const { tables, db } = opened()
    const branch = model(tables.branches)
    const given = api(
      { formats: ['json', 'xml'] },
      { branches: group('/branches', resource(branch, { db, endpoints: { list: { formats: ['json', 'csv'] } } })) },
    )
    const { client, fetch, close } = await createTestClient(given)
    const { id } = await client.branches.create({ body: { name: 'North, "old"' } })
    const change = (type: string, body: string) =>
      fetch(`/branches/${id}`, { method: 'PATCH', headers: { 'content-type': type }, body })
    expect(await (await change('application/merge-patch+json', '{"name":"South"}')).json()).toEqual({
      id,
      name: 'South',
    })
    expect(await (await change('application/json', '{}')).json()).toEqual({ id, name: 'South' })
    expect(await (await change('application/xml', '<x><name>West, "new"</name></x>')).json()).toMatchObject({ id })
    const refused = await change('application/json-patch+json', '[]')
    const all = 'application/json, application/merge-patch+json, application/xml'
    expect([refused.status, refused.headers.get('accept'), refused.headers.get('accept-patch')]).toEqual([
      415,
      all,
      all,
    ])
    const csv = await fetch('/branches', { headers: { accept: 'text/csv' } })
    expect(await csv.text()).toBe(`id,name\r\n${id},"West, ""new"""\r\n`)
    const read = await fetch(`/branches/${id}`, { headers: { accept: 'application/xml' } })
    expect(await read.text()).toContain(`<id>${id}</id><name>West, "new"</name>`)
    await close()
  })
})
