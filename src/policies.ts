export { type CacheStore, type Looked, type Wanted, cacheStore } from './policies/cache-store.ts'
export { type CorsOptions, cors } from './policies/cors.ts'
export { type DeprecationOptions, deprecated } from './policies/deprecation.ts'
export {
  IdempotencyKeyInUse,
  IdempotencyKeyInvalid,
  IdempotencyKeyMissing,
  IdempotencyKeyReused,
  IdempotencyUnknown,
  type IdempotentOptions,
  idempotent,
} from './policies/idempotent.ts'
export { QuotaExceeded, type RateLimit, type RateLimitOptions, rateLimit } from './policies/rate-limit.ts'
export { type RateStore, type RateStrategy, type Take, type Taken, rateStore } from './policies/rate-store.ts'
export { type Attempt, type Begun, type KeptReply, type ReplayStore, replayStore } from './policies/replay-store.ts'
export { StoreAway, type WhenAway } from './policies/store-away.ts'
