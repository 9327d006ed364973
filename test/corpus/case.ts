import type { Case, Difference, Expected, Runtime } from '../matrix/case.ts'

/** Who asks for it: a MUST or a SHOULD of the clause, or a choice of ours where the clause leaves one. */
export type Level = 'MUST' | 'SHOULD' | 'policy'

export const LEVELS: readonly Level[] = ['MUST', 'SHOULD', 'policy']

export type Clause = `RFC ${number} §${number}${string}`

/** What a server is reached through. */
export type Form = Extract<Runtime, 'engine' | 'node' | 'bun' | 'deno'>

/** Exact bytes, the clause that says what they mean, and every reply that has to come back. */
export interface CorpusCase extends Omit<Case, 'differs'> {
  readonly clause: Clause
  readonly level: Level
  /** Latin-1: each character is a byte. */
  readonly raw: string
  /** What is sent once 100 has come. */
  readonly rest?: string
  readonly reply: Reply
  readonly then: readonly Reply[]
  readonly differs?: Differs
}

export interface Reply extends Expected {
  /** What it answers: after a HEAD no body follows, however it is framed. GET unless told. */
  readonly to?: 'HEAD' | 'GET'
  /** The clause leaves it open whether the connection ends after this reply; `Connection` says which. */
  readonly mayClose?: true
  /** Another answer that the clause allows. */
  readonly or?: Reply
}

/** No reply, and the connection stays: the server waits for more. */
interface Silence {
  readonly silent: true
  readonly why: string
}

/** What a form does in place of the first reply, and after it. */
export type CorpusDifference = (Difference | Silence) & { readonly then?: readonly Reply[] }

export type Differs = Partial<Record<Form, CorpusDifference>>

/** Differences, some of which are told by what was promised. */
type Given = Partial<Record<Form, CorpusDifference | ((promised: Reply) => CorpusDifference)>>

type More = Given & Pick<CorpusCase, 'cut' | 'rest'>

type Builder = (clause: Clause, name: string, raw: string, replies: Reply | readonly Reply[], more?: More) => CorpusCase

/** What the clause says a server MUST do, or what follows where a sender does what it MUST NOT. */
export const must: Builder = builder('MUST')

export const should: Builder = builder('SHOULD')

/** What the clause leaves to the server. */
export const ours: Builder = builder('policy')

function builder(level: Level): Builder {
  return (clause, name, raw, replies, { cut, rest, ...given } = {}) => {
    const [reply, ...then] = [replies].flat() as [Reply, ...Reply[]]
    const differs = Object.fromEntries(
      Object.entries(given).map(([form, one]) => [form, typeof one === 'function' ? one(reply) : one]),
    ) as Differs
    return { name, clause, level, raw, reply, then, differs, ...(cut && { cut }), ...(rest && { rest }) }
  }
}
