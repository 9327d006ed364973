import { Agent, type IncomingMessage, get } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Folder, type Program, createFolder, runTrestle } from './program.ts'
import { rollingRestarts } from './rolling.ts'

let folder: Folder
const running = new Set<Program>()

beforeEach(async () => {
  folder = await createFolder()
})

afterEach(async () => {
  for (const program of running) {
    // A supervisor that is killed has its workers end by themselves, after what they do.
    for (const pid of await program.workers().catch(() => [])) kill(pid)
    program.signal('SIGKILL')
  }
  running.clear()
  await folder.remove()
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {} // it is gone
}

const API = `import { api, get, stream } from 'trestle'
export default api({
  pid: get('/pid', () => process.pid),
  version: get('/version', () => 1),
  secret: get('/secret', () => process.env.TRESTLE_SECRET ?? 'none'),
  slow: get('/slow', async () => {
    await new Promise((resolve) => setTimeout(resolve, 700))
    return process.pid
  }),
  numbers: get('/numbers', { returns: stream('text/plain') }, async function* () {
    for (let number = 0; number < 10; number++) {
      yield number + ' '
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }),
  endless: get('/endless', { returns: stream('text/plain') }, async function* () {
    for (;;) {
      yield 'on '
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }),
})
`

function start(...args: string[]): Program {
  const program = runTrestle(folder, ['start', 'app.ts', ...args])
  running.add(program)
  return program
}

async function portOf(program: Program): Promise<number> {
  const [, port] = await program.says(/Listening on http:\/\/localhost:(\d+)/)
  return Number(port)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface Answer {
  readonly status: number | undefined
  readonly connection: string | undefined
  readonly body: string
}

/** One request on the connection of an agent, or on one of its own. */
function ask(port: number, path: string, agent?: Agent, began?: () => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: agent ?? false }, (reply: IncomingMessage) => {
      let body = ''
      reply.setEncoding('utf8')
      reply.on('data', (piece: string) => {
        body += piece
        began?.()
      })
      reply.on('end', () => resolve({ status: reply.statusCode, connection: reply.headers.connection, body }))
      reply.on('error', reject)
    }).on('error', reject)
  })
}

/** A connection that is kept, to each of the workers. */
async function connectToEach(port: number, pids: readonly number[]): Promise<Map<number, Agent>> {
  const agents = new Map<number, Agent>()
  const others: Agent[] = []
  const until = performance.now() + 10_000
  while (agents.size < pids.length && performance.now() < until) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    // A worker that does nothing else takes every connection: those under way leave some to the other.
    const [answer] = await Promise.all([ask(port, '/pid', agent), ask(port, '/pid'), ask(port, '/pid')])
    const pid = Number(answer.body)
    if (agents.has(pid)) others.push(agent)
    else agents.set(pid, agent)
  }
  for (const agent of others) agent.destroy()
  expect([...agents.keys()].sort()).toEqual([...pids].sort())
  return agents
}

test('workers sign with one secret', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '2')
  const port = await portOf(program)
  const agents = await connectToEach(port, await program.workers())
  const secrets = await Promise.all([...agents.values()].map((agent) => ask(port, '/secret', agent)))
  expect(new Set(secrets.map(({ body }) => body)).size).toBe(1)
  expect(secrets[0]?.body).toMatch(/^"?[\w-]{43}"?$/)
  for (const agent of agents.values()) agent.destroy()
})

test('Workers are replaced one by one, and no request fails: kept connections, new ones, streams', async () => {
  const outcome = await rollingRestarts({ restarts: 3, workers: 2 })
  expect(outcome.failures).toEqual([])
  expect(outcome.exitCode).toBe(0)
  for (const { requests } of outcome.kinds) expect(requests).toBeGreaterThan(10)
}, 60_000)

test('A worker that is killed takes the requests under way with it and no other; a new one serves within a second', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '2')
  const port = await portOf(program)
  const times: number[] = []
  // The quicker of two: another process may have had the machine meanwhile.
  for (let round = 0; round < 2; round++) {
    const pids = await program.workers()
    const agents = await connectToEach(port, pids)
    const [victim = 0, other = 0] = pids
    const lost = ask(port, '/slow', agents.get(victim)).then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => error.code,
    )
    const kept = ask(port, '/slow', agents.get(other))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const killed = performance.now()
    process.kill(victim, 'SIGKILL')
    expect(await lost).toBe('ECONNRESET')
    const from = program.output().length
    while ((await newcomers(program, port, pids)) === 0 && performance.now() - killed < 10_000) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    times.push(performance.now() - killed)
    expect((await kept).body).toBe(String(other))
    expect(program.output().slice(from)).not.toContain('Error')
    for (const agent of agents.values()) agent.destroy()
  }
  expect(program.output()).toMatch(/Worker \d+ is gone: SIGKILL ended it\. Starting another at once\n/)
  expect(Math.min(...times)).toBeLessThan(1000)
})

/** How many of some requests are answered by workers that were not there before. */
async function newcomers(program: Program, port: number, before: readonly number[]): Promise<number> {
  if ((await program.workers()).every((pid) => before.includes(pid))) return 0
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(port, '/pid')))
  return answers.filter(({ body }) => !before.includes(Number(body))).length
}

test('Workers that always end at start are started ever more slowly, and given up in the end', async () => {
  await folder.write('app.ts', 'process.exit(3)\n')
  const began = performance.now()
  const program = start('--workers', '2')
  expect(await program.ended).toBe(1)
  // 200 ms, twice as long each time: 0.2 + 0.4 + 0.8 + 1.6 + 3.2 s.
  expect(performance.now() - began).toBeGreaterThan(6000)
  const output = program.output()
  expect(output).toMatch(/gone before it served: it ended with exit code 3\. Starting another at once/)
  expect(output).toMatch(/Starting another in 3200 ms/)
  expect(output).toMatch(
    /7 workers in a row ended at start or soon after, the last before it served: it ended with exit code 3\. Giving up\n$/,
  )
}, 30_000)

test('What only a person can mend is said once, and ends the start at once', async () => {
  await folder.write('app.ts', API)
  const taken = await portOf(start())
  const program = start('--workers', '2', '--port', String(taken))
  expect(await program.ended).toBe(1)
  expect(program.output()).toBe(
    `Port ${taken} is taken: stop what listens there, or give another with --port or PORT\n`,
  )
})

test('New code that cannot start leaves the old workers serving, and is served once it can', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '2')
  const port = await portOf(program)
  const before = await program.workers()

  await folder.write('app.ts', `import { api, get } from 'trestle'\nexport default api({ a: get('/{', () => 1) })\n`)
  program.signal('SIGHUP')
  await program.says(/The reload ended: a new worker could not start: The API cannot start: one fault/)
  await program.says(/The others serve on\n/)
  expect((await ask(port, '/version')).body).toBe('1')
  expect(await program.workers()).toEqual(before)

  await folder.write('app.ts', API.replace('() => 1', '() => 2'))
  program.signal('SIGHUP')
  await program.says(/Reloaded: 2 new workers serve/)
  expect((await ask(port, '/version')).body).toBe('2')
  expect((await program.workers()).filter((pid) => before.includes(pid))).toEqual([])
}, 30_000)

test('A worker that ends while another is started in its place is not replaced twice', async () => {
  await folder.write('app.ts', `${API}await new Promise((resolve) => setTimeout(resolve, 1000))\n`)
  // While no worker is there, nobody holds the port: a free one would be another by then.
  const port = await freePort()
  const program = start('--workers', '1', '--port', String(port))
  await portOf(program)
  const [old = 0] = await program.workers()
  program.signal('SIGHUP')
  await expect.poll(async () => (await program.workers()).length, { interval: 5, timeout: 5000 }).toBe(2)
  const [spare] = (await program.workers()).filter((pid) => pid !== old)
  // Later than that one, so that it serves first.
  await new Promise((resolve) => setTimeout(resolve, 300))
  kill(old)
  await program.says(/Starting another at once/)
  await program.says(/Reloaded: 1 new worker serves/)
  expect(Number((await ask(port, '/pid')).body)).toBe(spare)
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(await program.workers()).toEqual([spare])
}, 30_000)

test('At SIGTERM a reply under way is finished, its connection ended, and the exit code is 0', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '2')
  const port = await portOf(program)
  const began = Promise.withResolvers<void>()
  const agent = new Agent({ keepAlive: true })
  const streamed = ask(port, '/numbers', agent, began.resolve)
  const slow = ask(port, '/slow', agent)
  await began.promise
  program.signal('SIGTERM')
  expect((await streamed).body).toBe('0 1 2 3 4 5 6 7 8 9 ')
  expect(await slow).toMatchObject({ status: 200, connection: 'close' })
  expect(await program.ended).toBe(0)
  await expect(ask(port, '/pid')).rejects.toThrow(/ECONNREFUSED/)
})

test('Without workers there is nothing to reload: SIGHUP is told of, and breaks nothing', async () => {
  await folder.write('app.ts', API)
  const program = start()
  const port = await portOf(program)
  const began = Promise.withResolvers<void>()
  const streamed = ask(port, '/numbers', undefined, began.resolve)
  await began.promise
  program.signal('SIGHUP')
  await program.says(
    /^SIGHUP reloads nothing here: a reload needs --workers, such as --workers 1\. This process serves on\n/m,
  )
  expect((await streamed).body).toBe('0 1 2 3 4 5 6 7 8 9 ')
  expect((await ask(port, '/version')).body).toBe('1')
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
})

/** With workers, and without. */
const WAYS = [
  ['in workers', ['--workers', '2']],
  ['alone', []],
] as const

test.each(WAYS)('A reply that goes on past the deadline is broken off there, %s', async (_, args) => {
  await folder.write('app.ts', API)
  const program = start(...args, '--deadline', '300')
  const port = await portOf(program)
  const began = Promise.withResolvers<void>()
  const endless = ask(port, '/endless', undefined, began.resolve)
  await began.promise
  const asked = performance.now()
  program.signal('SIGTERM')
  await expect(endless).rejects.toThrow(/aborted/)
  expect(await program.ended).toBe(0)
  expect(performance.now() - asked).toBeGreaterThan(290)
  expect(performance.now() - asked).toBeLessThan(4000)
})

test.each(WAYS)(
  'Before it takes no connection any more, /readyz says so for as long as --drain, %s',
  async (_, args) => {
    await folder.write('app.ts', API)
    const program = start(...args, '--drain', '700')
    const port = await portOf(program)
    expect((await ask(port, '/readyz')).status).toBe(200)
    program.signal('SIGTERM')
    const asked = performance.now()
    await expect.poll(async () => (await ask(port, '/readyz')).status, { interval: 10, timeout: 600 }).toBe(503)
    expect((await ask(port, '/readyz')).body).toBe('{"status":"stopping","checks":{}}')
    // Balancers that have not seen it yet send requests still.
    expect((await ask(port, '/version')).body).toBe('1')
    expect((await ask(port, '/healthz')).status).toBe(200)
    expect(await program.ended).toBe(0)
    expect(performance.now() - asked).toBeGreaterThan(690)
  },
)

test('A worker that another replaces says that it is ready until the end', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '1')
  const port = await portOf(program)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const seen = new Set<number | undefined>()
  let reloading = true
  const probing = (async () => {
    while (reloading) seen.add((await ask(port, '/readyz', agent)).status)
  })()
  program.signal('SIGHUP')
  await program.says(/Reloaded: 1 new worker serves/)
  reloading = false
  await probing
  agent.destroy()
  expect([...seen]).toEqual([200])
})

test('Signals that come while others are acted on are acted on as well, and SIGTERM ends everything', async () => {
  await folder.write('app.ts', API)
  const early = start('--workers', '2')
  await expect.poll(async () => (await early.workers()).length, { interval: 5, timeout: 5000 }).toBeGreaterThan(0)
  early.signal('SIGTERM')
  expect(await early.ended).toBe(0)

  const program = start('--workers', '2')
  const port = await portOf(program)
  program.signal('SIGHUP')
  await expect.poll(async () => (await program.workers()).length, { interval: 5, timeout: 5000 }).toBe(3)
  await folder.write('app.ts', API.replace('() => 1', '() => 2'))
  // The reload under way began with the old code.
  program.signal('SIGHUP')
  const [first] = await program.says(/Reloaded/)
  await program.says(/Reloaded/, program.output().indexOf(first) + first.length)
  expect((await ask(port, '/version')).body).toBe('2')
  program.signal('SIGHUP')
  await expect.poll(async () => (await program.workers()).length, { interval: 5, timeout: 5000 }).toBe(3)
  const all = await program.workers()
  program.signal('SIGTERM')
  program.signal('SIGTERM')
  expect(await program.ended).toBe(0)
  expect(all.filter(isThere)).toEqual([])
}, 30_000)

test('A reload has what cannot be started at present tried at once', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '2')
  const port = await portOf(program)
  await folder.write('app.ts', 'process.exit(4)\n')
  const [first = 0, second = 0] = await program.workers()
  kill(first)
  await program.says(/Starting another in 3200 ms/)
  expect((await ask(port, '/pid')).body).toBe(String(second))
  await folder.write('app.ts', API.replace('() => 1', '() => 2'))
  const asked = performance.now()
  program.signal('SIGHUP')
  const fresh = async (): Promise<boolean> => {
    const pids = await program.workers()
    return pids.length === 2 && !pids.includes(second)
  }
  await program.says(/Reloaded: 1 new worker serves/)
  await expect.poll(fresh, { interval: 10, timeout: 5000 }).toBe(true)
  expect(performance.now() - asked).toBeLessThan(3000)
  expect((await ask(port, '/version')).body).toBe('2')
}, 30_000)

test('When its supervisor is killed, a worker finishes what it does and ends', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '1')
  const port = await portOf(program)
  const [worker = 0] = await program.workers()
  const began = Promise.withResolvers<void>()
  const streamed = ask(port, '/numbers', undefined, began.resolve)
  await began.promise
  program.signal('SIGKILL')
  expect((await streamed).body).toBe('0 1 2 3 4 5 6 7 8 9 ')
  await expect.poll(() => isThere(worker), { interval: 50, timeout: 5000 }).toBe(false)
})

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('Signals are for the supervisor: a worker that gets one as well serves on', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', '1')
  const port = await portOf(program)
  const [worker = 0] = await program.workers()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(worker, signal)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await ask(port, '/pid')).body).toBe(String(worker))
})

test('--workers auto starts as many as there are cores to use', async () => {
  await folder.write('app.ts', API)
  const program = start('--workers', 'auto')
  const cores = availableParallelism()
  await program.says(new RegExp(`with ${cores} worker`))
  expect(await program.workers()).toHaveLength(cores)
})

test.each([
  [['--workers', 'many'], /^--workers takes "auto" or a number from 1 to 1024, not "many"\n$/],
  [['--workers', '0'], /^--workers takes/],
  [['--drain', '1s'], /^--drain takes milliseconds, not "1s"\n$/],
  [['--deadline', '-1'], /--deadline/],
  [['--socket', 'a.sock', '--port', '8000'], /^--socket takes the place of --port\n$/],
])('%j says what to mend', async (args, message) => {
  await folder.write('app.ts', API)
  const program = start(...args)
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(message)
})
