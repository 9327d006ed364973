import type { DatabaseSync } from 'node:sqlite'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { NodeSQLiteDatabase } from 'drizzle-orm/node-sqlite'
import type { Pool, PoolClient } from 'pg'
import type { Dependency } from 'trestle'
import { type TransactionAdapter, type TransactionOf, transaction } from 'trestle/transaction'
import { expectTypeOf, test } from 'vitest'

type OnPool = NodePgDatabase & { $client: Pool }
type OnFile = NodeSQLiteDatabase & { $client: DatabaseSync }

test('a handler gets what writes in the transaction', () => {
  expectTypeOf<TransactionOf<Pool>>().toEqualTypeOf<PoolClient>()
  expectTypeOf<TransactionOf<DatabaseSync>>().toEqualTypeOf<DatabaseSync>()
  expectTypeOf<TransactionOf<OnFile>>().toEqualTypeOf<OnFile>()
  expectTypeOf<TransactionOf<OnPool>>().toHaveProperty('rollback')
  expectTypeOf<TransactionOf<OnPool>>().not.toHaveProperty('$client')
})

test('an adapter says what that is', () => {
  const db = {} as Dependency<{ readonly mine: true }>
  const adapter = {} as TransactionAdapter<{ readonly mine: true }, { readonly put: () => void }>
  expectTypeOf(transaction(db, adapter)).toEqualTypeOf<Dependency<{ readonly put: () => void }>>()
  const other = {} as Dependency<number>
  // @ts-expect-error the adapter is of another database
  transaction(other, adapter)
})
