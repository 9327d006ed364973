import { accepted, ok, post } from 'trestle'
import { z } from 'zod'

const returns = [ok(z.object({ total: z.int() })), accepted(z.object({ job: z.string() }))] as const

export default post('/orders', { returns }, () => ({ job: 'later' }))
