import { expect } from 'vitest'
import { Connection } from '../matrix/connection.ts'
import { type Received, fieldOf, readReply } from '../matrix/received.ts'
import { ofReceived, verify } from '../matrix/verify.ts'
import type { CorpusCase, CorpusDifference, Form, Reply } from './case.ts'
import type { Delivery } from './delivery.ts'
import { PROBE } from './requests.ts'

/** Replies as they came, without what tells the time and without 1xx, which depend on what came first. */
export type Seen = readonly (readonly [status: number, fields: string, body: string])[]

/** Milliseconds after which a server that has not answered waits for more. */
const SILENCE = 150

/** Forms whose `Connection` is looked at after every reply: the others add it, or not, after Trestle. */
const OURS: readonly Form[] = ['engine', 'node']

/**
 * Sends a case to a server and holds every reply to what is expected of that form, and the connection to what it
 * does after the last one.
 */
export async function exchange(one: CorpusCase, form: Form, port: number, deliver: Delivery): Promise<Seen> {
  const connection = await Connection.open(port)
  try {
    await deliver(connection, Buffer.from(one.raw, 'latin1'))
    if (one.cut) connection.socket.end()
    const difference = one.differs?.[form]
    if (one.rest !== undefined) {
      if (difference === undefined) expect(await connection.holds('HTTP/1.1 100'), '100 comes').toBe(true)
      else await later(SILENCE)
      await deliver(connection, Buffer.from(one.rest, 'latin1'))
    }
    if (difference === undefined) return await answers(connection, [one.reply, ...one.then], one, OURS.includes(form))
    return await different(connection, difference, one)
  } finally {
    connection.end()
  }
}

async function different(connection: Connection, difference: CorpusDifference, one: CorpusCase): Promise<Seen> {
  if ('absent' in difference) throw new Error(`${one.name}: every case can be asked of a socket`)
  if ('silent' in difference) {
    await later(SILENCE)
    expect(connection.ended, 'the connection stays').toBe(false)
    expect(readReply(Buffer.from(connection.rest, 'latin1'), 'GET', false), 'no reply').toBeUndefined()
    return []
  }
  if ('closed' in difference) {
    expect(await connection.reply('GET'), 'no reply').toBeUndefined()
    expect(await connection.closes(), 'the connection ends').toBe(true)
    return []
  }
  return answers(connection, [difference, ...(difference.then ?? [])], one, false)
}

async function answers(
  connection: Connection,
  replies: readonly Reply[],
  one: CorpusCase,
  strict: boolean,
): Promise<Seen> {
  const seen: Seen[number][] = []
  for (const [at, reply] of replies.entries()) {
    const received = await connection.reply(reply.to ?? (at === 0 ? one.reply.to : undefined) ?? 'GET')
    if (received === undefined) {
      const state = connection.ended ? 'the connection ended' : 'the connection stays'
      throw new Error(`no reply ${at + 1}, ${state}; ${JSON.stringify(connection.rest)}`)
    }
    const kept = held(received, reply)
    const says = saysClose(received)
    const closes = kept.mayClose ? says && (strict || (await endsSoon(connection))) : kept.closes === true
    // A caller that is told nothing sends its next request into a connection that ends (RFC 9112 §9.6).
    if (strict) expect(says, '`Connection` says whether the connection ends').toBe(closes)
    seen.push([received.status, fieldsOf(received), received.body.toString('latin1')])
    if (at === replies.length - 1) await endOf(connection, kept, closes, one)
  }
  return seen
}

/** Holds a reply to the expected one, or to the other that is as good. */
function held(received: Received, reply: Reply): Reply {
  const other = reply.or
  try {
    verify(ofReceived(received), reply)
    return reply
  } catch (error) {
    if (other === undefined) throw error
    return held(received, other)
  }
}

/** A last reply ends the connection, or leaves it such that the next request is answered as what it is. */
async function endOf(connection: Connection, reply: Reply, closes: boolean, one: CorpusCase): Promise<void> {
  if (closes) {
    expect(await connection.closes(), 'the connection ends').toBe(true)
    expect(connection.rest, 'nothing comes after the reply').toBe('')
    return
  }
  if (one.cut) return
  if (reply.waits && reply.mayClose) return
  expect(connection.ended, 'the connection stays').toBe(false)
  if (reply.waits) return
  connection.write(PROBE)
  const next = await connection.reply('GET')
  expect([next?.status, next?.body.toString()], 'the next request is answered').toEqual([200, '{"ok":true}'])
}

async function endsSoon(connection: Connection): Promise<boolean> {
  await Promise.race([connection.closed, later(SILENCE)])
  return connection.ended
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function saysClose({ headers }: Received): boolean {
  return /(?:^|,)\s*close\s*(?:,|$)/i.test(fieldOf(headers, 'connection') ?? '')
}

function fieldsOf({ headers }: Received): string {
  return headers.map(([name, value]) => (name === 'date' ? name : `${name}: ${value}`)).join('\n')
}
