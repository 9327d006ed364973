import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Place } from './place.ts'
import type { Step } from './steps.ts'

const program = new URL('./program.ts', import.meta.url)

/** A process that serves orders. */
export interface Member {
  readonly order: (round: string, kill?: Step) => Promise<Answer>
  /** Settles when it is gone: true where it was killed. */
  readonly gone: Promise<boolean>
  readonly stop: () => Promise<void>
}

/** A reply, or 0 for none. */
export interface Answer {
  readonly status: number
  readonly isReplay: boolean
  readonly text: string
}

export async function startMember({ words }: Place): Promise<Member> {
  const child: ChildProcess = fork(program, words, { execArgv: ['--conditions=trestle-source'] })
  const gone = once(child, 'exit').then(([, signal]) => signal === 'SIGKILL')
  const [{ port }] = (await Promise.race([
    once(child, 'message'),
    gone.then(() => Promise.reject(new Error('a member did not start'))),
  ])) as [{ port: number }]
  return {
    order: (round, kill) => order(port, round, kill),
    gone,
    stop: async () => {
      if (child.connected) child.disconnect()
      await gone
    },
  }
}

async function order(port: number, round: string, kill?: Step): Promise<Answer> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': round, ...(kill && { 'x-kill': kill }) },
      body: JSON.stringify({ round }),
    })
    const { status } = reply
    return { status, isReplay: reply.headers.get('idempotency-replayed') === 'true', text: await reply.text() }
  } catch {
    return { status: 0, isReplay: false, text: '' }
  }
}
