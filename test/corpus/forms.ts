import { type WireLimits, serve } from 'trestle/node'
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

/** Serves the fixture in this process, whose callers keep its event loop busy: that is no overload. */
export async function startHere(engine: 'trestle' | 'node', limits: Partial<WireLimits> = {}): Promise<Child> {
  const where = { port: 0, host: '127.0.0.1', quiet: true, signals: false } as const
  const { port, stop } = await serve(fixture, { ...where, report: () => {}, engine, limits, overload: false })
  return { port, stop }
}
