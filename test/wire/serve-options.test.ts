import { api, depends, get } from 'trestle'
import { type ServeOptions, serve } from 'trestle/node'
import { expect, test } from 'vitest'

test.each<[string, object, string]>([
  ['a port that is text', { port: '8000' }, 'port takes a whole number from 0 to 65535, not "8000"'],
  ['a port beyond the last', { port: 65_536 }, 'port takes a whole number from 0 to 65535, not 65536'],
  ['a port below the first', { port: -1 }, 'port takes a whole number from 0 to 65535, not -1'],
  ['part of a port', { port: 80.5 }, 'port takes a whole number from 0 to 65535, not 80.5'],
  ['no port', { port: Number.NaN }, 'port takes a whole number from 0 to 65535, not NaN'],
  ['a host that is a number', { host: 127 }, 'host takes the text of an address, not 127'],
  ['an empty path', { path: '' }, 'path takes the path of a unix socket, not ""'],
  ['no deadline', { deadline: Number.NaN }, 'deadline takes milliseconds from 0 to 2147483647, not NaN'],
  ['an endless deadline', { deadline: Infinity }, 'deadline takes milliseconds from 0 to 2147483647, not Infinity'],
  ['a drain that is over', { drain: -1 }, 'drain takes milliseconds from 0 to 2147483647, not -1'],
  ['a drain that is text', { drain: '5s' }, 'drain takes milliseconds from 0 to 2147483647, not "5s"'],
  ['a drain that is null', { drain: null }, 'drain takes milliseconds from 0 to 2147483647, not null'],
  ['a report that is none', { report: console }, 'report takes a function (error, about) => …, not an object'],
])('%s is refused before anything is made', async (_, options, message) => {
  let made = 0
  const early = depends({}, () => ++made, { scope: 'app', eager: true })
  const app = api({ read: get('/', { use: { early } }, () => 'tea') })
  const start = serve(app, { port: 0, quiet: true, signals: false, ...options } as ServeOptions)
  await expect(start).rejects.toThrow(new TypeError(message))
  expect(made).toBe(0)
})
