import { allowanceOf } from './allowance.ts'
import { Description, type Operation } from './description.ts'
import type { Draft } from './draft.ts'
import type { Finding } from './finding.ts'
import { Memory } from './memory.ts'
import { mutate } from './mutation.ts'
import { Random } from './random.ts'
import { SchemaValues } from './schema-value.ts'
import { shrink } from './shrink.ts'
import { Tally } from './tally.ts'
import { type Callers, type Running, type Target, start } from './target.ts'
import { Judge } from './verdict.ts'
import { type Maker, makeParts, toDraft } from './well-formed.ts'
import { Clock, type Ending, Wire } from './wire.ts'
import { unpacked } from './unpacked.ts'

export interface RunOptions {
  readonly requests: number
  readonly seed: number
  /** Requests under way at once: 16 unless told. */
  readonly concurrency?: number
  /** Milliseconds after which no further request is sent. */
  readonly deadline?: number
  /** Called now and then. */
  readonly progress?: (sent: number, findings: number) => void
}

export interface Outcome {
  readonly sent: number
  readonly seconds: number
  readonly slowest: number
  readonly findings: readonly Finding[]
  /** What is wrong with the server itself: that it ended, or told of internal failures. */
  readonly trouble: readonly string[]
  readonly tally: Tally
}

/** Of requests, how many are well-formed; the others are mutated. */
const WELL_FORMED = 0.4
/** Findings of one run that are made smaller and shown. */
const MOST_SHRUNK = 12

/** Tries an API: sends generated requests to a server of its own and holds each reply against its description. */
export async function run(target: Target, options: RunOptions): Promise<Outcome> {
  const server = await start(target)
  const clock = new Clock()
  try {
    const description = await describe(server)
    const callers = (await target.callers?.(`http://127.0.0.1:${server.port}`)) ?? { shown: [], known: [] }
    return await new Run(server, clock, target, options, description, callers).go()
  } finally {
    clock.stop()
    await server.stop()
  }
}

async function describe(server: Running): Promise<Description> {
  const response = await fetch(`http://127.0.0.1:${server.port}/openapi.json`)
  return new Description((await response.json()) as Record<string, unknown>)
}

class Run {
  readonly #server: Running
  readonly #clock: Clock
  readonly #options: RunOptions
  readonly #description: Description
  readonly #maker: Maker
  readonly #judge: Judge
  readonly #tally: Tally
  readonly #findings = new Map<string, Finding>()
  readonly #remarks: RegExp | undefined
  #next = 0
  #slowest = 0

  constructor(
    server: Running,
    clock: Clock,
    target: Target,
    options: RunOptions,
    description: Description,
    callers: Callers,
  ) {
    this.#server = server
    this.#clock = clock
    this.#options = options
    this.#description = description
    const memory = new Memory(description)
    for (const body of callers.known) memory.learnSent(body)
    this.#remarks = target.remarks
    this.#maker = {
      memory,
      values: new SchemaValues(description, memory, options.seed),
      authorization: target.authorization,
      shown: callers.shown,
    }
    this.#judge = new Judge(description)
    this.#tally = new Tally(description)
  }

  async go(): Promise<Outcome> {
    const from = performance.now()
    const { concurrency = 16 } = this.#options
    await Promise.all(Array.from({ length: concurrency }, () => this.#work(from)))
    const seconds = (performance.now() - from) / 1000
    const sent = this.#next
    const trouble = await this.#troubles()
    await this.#shrinkAll()
    return {
      sent,
      seconds,
      slowest: this.#slowest,
      findings: [...this.#findings.values()],
      trouble,
      tally: this.#tally,
    }
  }

  async #work(from: number): Promise<void> {
    const wire = new Wire(this.#server.port, this.#clock)
    const { requests, deadline = Number.POSITIVE_INFINITY, progress } = this.#options
    while (this.#next < requests && performance.now() - from < deadline && this.#server.ended() === undefined) {
      const index = this.#next++
      if (index % 5000 === 4999) progress?.(index + 1, this.#findings.size)
      await this.#once(index, wire)
    }
    wire.close()
  }

  async #once(index: number, wire: Wire): Promise<void> {
    const random = Random.of(this.#options.seed, index)
    const operation = this.#choose(random)
    const sound = random.chance(WELL_FORMED)
    const parts = makeParts(operation, this.#maker, random, sound ? 0.5 : 0.8)
    const draft = sound ? toDraft(parts) : mutate(parts, random)
    const ending = await wire.send(draft)
    const allowance = allowanceOf(draft, this.#description)
    const fault = this.#judge.judge(draft, ending, allowance)
    const reply = ending.is === 'reply' ? ending.reply : undefined
    if (ending.is === 'reply') this.#slowest = Math.max(this.#slowest, ending.ms)
    const reached =
      allowance.operation !== undefined && reply !== undefined && `${reply.status}` in allowance.operation.responses
    this.#tally.add(
      reached ? allowance.operation?.id : undefined,
      `${reply?.status ?? ending.is}`,
      reply?.body.length ?? 0,
      sound,
    )
    if (fault !== undefined) {
      const known = this.#findings.get(fault.key)
      if (known === undefined) this.#findings.set(fault.key, { fault, index, draft, ending, count: 1, again: true })
      else known.count++
    } else if (allowance.operation !== undefined && allowance.found !== undefined && ending.is === 'reply') {
      const { status, headers } = ending.reply
      const body = unpacked(ending.reply) ?? Buffer.alloc(0)
      if (sound && status >= 400) this.#tally.refused(allowance.operation.id, status, jsonOf(body, headers))
      if (status < 200 || status > 299) return
      if (sound) this.#maker.memory.learnSent(parts.value)
      const location = headers.find(([name]) => name === 'location')?.[1]
      this.#maker.memory.learn(allowance.operation, allowance.found, location, jsonOf(body, headers))
    }
  }

  /** Any operation; one whose replies are long is asked less often, for it says the same each time. */
  #choose(random: Random): Operation {
    const operation = random.pick(this.#description.operations)
    const weight = this.#tally.weight(operation.id)
    return weight > 50_000 && random.chance(1 - 50_000 / weight) ? random.pick(this.#description.operations) : operation
  }

  /** What the server itself says when all is sent: whether it lives, answers, and had nothing to complain of. */
  async #troubles(): Promise<string[]> {
    // What it tells of the last requests has some way to go.
    await new Promise((resolve) => setTimeout(resolve, 100))
    const ended = this.#server.ended()
    const trouble = ended === undefined ? [] : [`the server is gone: ${ended}`]
    if (ended === undefined) {
      const alive = await fetch(`http://127.0.0.1:${this.#server.port}/openapi.json`, {
        signal: AbortSignal.timeout(2000),
      })
        .then((response) => response.ok)
        .catch(() => false)
      if (!alive) trouble.push('the server does not answer any more')
    }
    const told = this.#server.errors()
    const errors = this.#remarks === undefined ? told : told.replace(this.#remarks, '')
    if (errors !== '') trouble.push(`the server told of internal failures:\n${errors.slice(0, 3000)}`)
    return trouble
  }

  async #shrinkAll(): Promise<void> {
    const wire = new Wire(this.#server.port, this.#clock)
    for (const finding of [...this.#findings.values()].slice(0, MOST_SHRUNK)) {
      const again = async (draft: Draft): Promise<boolean> => {
        if (this.#server.ended() !== undefined) return false
        const ending: Ending = await wire.send(draft)
        const fails = this.#judge.judge(draft, ending, allowanceOf(draft, this.#description))?.key === finding.fault.key
        if (fails) finding.ending = ending
        return fails
      }
      finding.again = await again(finding.draft)
      // Each further try of a hang would take its two seconds.
      if (finding.again && finding.ending.is !== 'hang') finding.draft = await shrink(finding.draft, again)
    }
    wire.close()
  }
}

function jsonOf(body: Buffer, headers: readonly (readonly [string, string])[]): unknown {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  return /[/+]json/.test(type) && body.length > 0 && body.length < 200_000 ? JSON.parse(body.toString()) : undefined
}
