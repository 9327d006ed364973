export { type BatchOptions, type BatchSpec, BatchUndone, batch } from './projections/batch/batch.ts'
export type { BatchReplies, BatchRequests, BatchedReply, BatchedRequest } from './projections/batch/batch-schemas.ts'
export { FailedDependency } from './projections/batch/run-batch.ts'
