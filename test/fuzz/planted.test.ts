import { expect, test } from 'vitest'
import { type Outcome, run } from './run.ts'

function tryPlanted(requests: number, env: Record<string, string> = {}): Promise<Outcome> {
  return run({ name: 'planted', program: 'test/fuzz/planted.ts', env: () => env }, { seed: 7, requests })
}

test('every way in which a server departs from its description is found', async () => {
  const { findings, trouble } = await tryPlanted(1500)
  const keys = findings.map(({ fault }) => fault.key)
  expect(keys).toEqual(
    expect.arrayContaining([
      'get /miscoded: 200 coding',
      'get /wrong-body: 200 body',
      'get /wrong-format: 200 body',
      'get /wrong-type: 200 media type',
      'get /no-json: 200 not JSON',
      'get /undeclared: 418 undeclared',
      'get /broken: 500 server error',
      'get /hangs: hang',
      'get /closes: closed',
      'get /status: 404 problem status',
      'get /tells: 404 inner',
      'get /unlabelled: 204 body',
      'post /things: 201 no Location',
      'put /takes: 204 took amiss',
      'no operation: 405 Allow',
    ]),
  )
  // What node refuses by itself has no problem document; what the server answers for these two is as described.
  const sound = keys.filter((key) => /\/sound|\/things\/\{id\}/.test(key) && !/: 4\d\d media type$/.test(key))
  expect(sound).toEqual([])
  expect(trouble).toEqual([])
}, 60_000)

test('a server that ends, or that tells of failures, is found out', async () => {
  const [ends, complains] = await Promise.all([
    tryPlanted(1_000_000, { ENDS: '1' }),
    tryPlanted(20, { COMPLAINS: '1' }),
  ])
  expect(ends.trouble[0]).toBe('the server is gone: it ended with 3')
  expect(complains.trouble).toEqual(['the server told of internal failures:\nsomething is wrong\n'])
}, 60_000)
