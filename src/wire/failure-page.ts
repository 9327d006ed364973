import type { Exchange } from '../pipeline/exchange.ts'
import type { WireReply } from '../pipeline/reply.ts'

export function failurePage(_x: Exchange, _error: unknown): WireReply | undefined {
  return undefined
}
