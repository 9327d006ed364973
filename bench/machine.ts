import { arch, availableParallelism, cpus, loadavg, platform } from 'node:os'

/** What figures depend on besides the code. */
export interface Machine {
  readonly node: string
  readonly v8: string
  readonly platform: string
  readonly cpu: string
  readonly cores: number
  /** Load average of the last minute: over one before a run means that others were at work. */
  readonly load: number
  readonly date: string
}

export function describeMachine(): Machine {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    date: new Date().toISOString(),
  }
}

/** The machine in one line, for the head of a report. */
export function toLine(machine: Machine): string {
  const { node, cpu, cores, platform, load, date } = machine
  return `Node ${node}, ${cpu} × ${cores}, ${platform}, load ${load} at start, ${date.slice(0, 16)}Z`
}
