import { z } from 'zod'
import type { Schema } from '../../contract/schema.ts'

/** One request of a batch. */
export interface BatchedRequest {
  /** By which later ones name it: 1 to 64 letters, digits and `. _ ~ -`. */
  readonly id?: string | undefined
  /** `GET` unless told. */
  readonly method?: string | undefined
  /** Path and query: `/orders?status=open`. `{order#/body/id}` in it is taken from the reply to an earlier one. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A JSON value; text where `headers` say another `content-type`; base64 with `encoding`. */
  readonly body?: unknown
  readonly encoding?: 'base64' | undefined
  /** What is copied into it of earlier replies: `{ "/body/customer_id": "customer#/body/id" }`. */
  readonly copy?: Readonly<Record<string, string>> | undefined
}

export interface BatchRequests {
  readonly requests: readonly BatchedRequest[]
  /** True to have the effect of all of them or of none. */
  readonly atomic?: boolean | undefined
}

/** The reply to one request of a batch. */
export interface BatchedReply {
  /** That of the request, where it has one. */
  readonly id?: string | undefined
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** A JSON value, or text; base64 where `encoding` says so. Missing where there is none. */
  readonly body?: unknown
  readonly encoding?: 'base64' | undefined
  /** Why a body is missing that there is: it is too long, it took too long to come, or it has no end. */
  readonly omitted?: 'too_large' | 'too_slow' | 'endless' | undefined
}

export interface BatchReplies {
  /** In the order of the requests. */
  readonly replies: readonly BatchedReply[]
}

/** What stands before "#" where a reply is named. */
export const ID: RegExp = /^[\w.~-]{1,64}$/

const Text = (description: string) => z.string().describe(description)

const Request = z.strictObject({
  id: z.string().regex(ID, 'Must be 1 to 64 letters, digits and . _ ~ -').optional(),
  method: Text('`GET` unless told').optional(),
  path: Text('Path and query; `{order#/body/id}` in it is taken from the reply to the request with the id `order`'),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional().describe('A JSON value; text for another `content-type`; base64 with `encoding`'),
  encoding: z.literal('base64').optional(),
  copy: z
    .record(z.string(), z.string())
    .optional()
    .describe('What is copied from earlier replies: `{ "/body/customer_id": "customer#/body/id" }`'),
})

export const Reply: z.ZodType<BatchedReply, BatchedReply> = z.object({
  id: z.string().optional(),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional().describe('A JSON value, or text; base64 where `encoding` says so'),
  encoding: z.literal('base64').optional(),
  omitted: z
    .enum(['too_large', 'too_slow', 'endless'])
    .optional()
    .describe('Why a body is missing that there is: ask for it alone'),
})

/** @param most how many requests there may be. */
export function requestsSchema(most: number): Schema<BatchRequests> {
  return z
    .strictObject({
      requests: z.array(Request).min(1).max(most),
      atomic: z.boolean().optional().describe('True to have the effect of all of them or of none'),
    })
    .meta({ examples: [{ requests: [{ method: 'GET', path: '/' }] }] })
}

export const Replies: Schema<BatchReplies> = z.object({
  replies: z.array(Reply).describe('In the order of the requests'),
}) as z.ZodType<BatchReplies, BatchReplies>
