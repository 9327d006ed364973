import { serve } from 'trestle/node'
import { type Child, startBun, startDeno } from '../matrix/children.ts'
import { fixture } from '../matrix/fixture.ts'
import type { Form } from './case.ts'

export const START: Readonly<Record<Form, () => Promise<Child>>> = {
  engine: () => startHere('trestle'),
  node: () => startHere('node'),
  bun: startBun,
  deno: startDeno,
}

export const FORMS = Object.keys(START) as readonly Form[]

async function startHere(engine: 'trestle' | 'node'): Promise<Child> {
  const options = { port: 0, host: '127.0.0.1', quiet: true, signals: false, report: () => {}, engine } as const
  const { port, stop } = await serve(fixture, options)
  return { port, stop }
}
