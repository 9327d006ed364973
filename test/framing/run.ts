import { Random } from '../fuzz/random.ts'
import { readByEngine } from './engine.ts'
import { type Finding, keyOf } from './finding.ts'
import { NodeParser } from './node-parser.ts'
import type { Reader } from './reading.ts'
import { shrink } from './shrink.ts'
import { Tally } from './tally.ts'
import { type Trial, trialOf, tryOut } from './trial.ts'

export interface RunOptions {
  readonly seed: number
  readonly cases: number
  /** Findings after which it stops. */
  readonly most?: number
  /** The engine unless told. */
  readonly reader?: Reader
  /** Milliseconds. */
  readonly deadline?: number
  readonly progress?: (done: number, findings: number) => void
}

export interface Outcome {
  readonly cases: number
  readonly seconds: number
  readonly tally: Tally
  readonly findings: readonly Finding[]
}

/** Cases between two tellings of progress. */
const STEP = 100_000

/** Has cases read by the engine and by node's parser. The same seed makes the same cases. */
export async function run(options: RunOptions): Promise<Outcome> {
  const { seed, cases, reader = readByEngine, progress } = options
  const { most = Number.POSITIVE_INFINITY, deadline = Number.POSITIVE_INFINITY } = options
  const node = new NodeParser()
  const tally = new Tally()
  const findings = new Map<string, Finding>()
  const from = performance.now()
  let done = 0
  for (; done < cases && findings.size < most && performance.now() - from < deadline; done++) {
    const trial = trialOf(Random.of(seed, done))
    const verdict = await tryOut(trial, reader, node)
    tally.add(verdict, trial)
    if (verdict.is === 'disagreement') {
      const key = keyOf(verdict.what)
      const known = findings.get(key)
      if (known === undefined) findings.set(key, { key, index: done, what: verdict.what, trial, count: 1 })
      else known.count++
    }
    if ((done + 1) % STEP === 0) progress?.(done + 1, findings.size)
  }
  const seconds = (performance.now() - from) / 1000
  for (const finding of findings.values()) await makeSmaller(finding, reader, node)
  return { cases: done, seconds, tally, findings: [...findings.values()] }
}

async function makeSmaller(finding: Finding, reader: Reader, node: NodeParser): Promise<void> {
  const what = async (trial: Trial): Promise<string | undefined> => {
    const verdict = await tryOut(trial, reader, node)
    return verdict.is === 'disagreement' ? verdict.what : undefined
  }
  finding.trial = await shrink(finding.trial, async (trial) => keyOf((await what(trial)) ?? '') === finding.key)
  finding.what = (await what(finding.trial)) ?? finding.what
}
