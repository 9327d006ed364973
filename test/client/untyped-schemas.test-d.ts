import { createClient } from '../../src/client.ts'
import { api, created, get, post } from '../../src/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>
function same<A, B>(..._: Same<A, B> extends true ? [] : [differs: A, from: B]): void {}

// A schema of JavaScript, or of a package without types, is any: the handler may return anything, and nobody knows what comes.
const Legacy = JSON.parse('{}')

const legacy = api({
  one: get('/one', { returns: Legacy }, () => 7),
  made: post('/made', { body: Legacy, returns: created(Legacy) }, ({ body }) => same<typeof body, unknown>()),
  list: get('/list', { returns: [Legacy, created(Legacy)] }, () => ({ any: 'thing' })),
  read: get('/read', { query: Legacy }, ({ query }) => same<typeof query, unknown>()),
})
const client = createClient<typeof legacy>('http://local')

same<Result<typeof client.one>, unknown>()
same<Result<typeof client.made>, unknown>()
same<Result<typeof client.list>, unknown>()
