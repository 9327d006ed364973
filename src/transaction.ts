export type { OpenTransaction, TransactionAdapter } from './backends/open-transaction.ts'
export type { Query } from './backends/steps.ts'
export { type TransactionOf, transaction } from './backends/transaction.ts'
