import type { SchemaIssue } from '../contract/schema.ts'

/** A handler gave something that its reply schema does not let out. Outside it is a 500 that says nothing. */
export class ReplyMismatch extends Error {
  readonly issues: readonly SchemaIssue[]

  constructor(operation: string | undefined, status: number, issues: readonly SchemaIssue[]) {
    const where = issues.map((issue) => {
      const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
      return `${path === '' ? 'the value' : path}: ${issue.message}`
    })
    super(`${operation} returned what its ${status} reply does not declare: ${where.join('; ')}`)
    this.issues = issues
  }
}
