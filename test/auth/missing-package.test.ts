import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

/** A program from whose sight a package is taken. */
function run(missing: string, program: string): Promise<string> {
  const text = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve: (name, context, next) => {
        if (name === '${missing}') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
        return next(name, context)
      },
    })
    const { api, group, get } = await import('trestle')
    const { logins, passwords } = await import('trestle/auth')
    const { toFetch } = await import('trestle/fetch')
    const app = api(${program})
    await toFetch(app).then(() => console.log('started'), (error) => console.log(error.message))
  `
  const args = ['--conditions=trestle-source', '--input-type=module', '--eval', text]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: import.meta.dirname }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
}

const LOGIN = `{ auth: group('/', logins({}, { issuer: 'a', key: 'k'.repeat(32), verify: () => undefined, find: () => undefined }).endpoints) }`
const PASSWORD = `{ hash: get('/', { use: { passwords } }, ({ passwords }) => passwords.hash('a')) }`

test.each([
  ['jose', LOGIN, 'signed tokens need the package jose: npm install jose\n'],
  ['@node-rs/argon2', PASSWORD, 'passwords need the package @node-rs/argon2: npm install @node-rs/argon2\n'],
  ['none', LOGIN, 'started\n'],
  ['none', PASSWORD, 'started\n'],
])('without %s the start fails, and says what to install', async (missing, program, told) => {
  expect(await run(missing, program)).toBe(told)
})
