export { type CacheControl, cacheControl } from './policies/cache-control.ts'
export { type CacheStore, type Looked, type Wanted, cacheStore } from './policies/cache-store.ts'
export { type CacheTags, type Tags, cacheTags, invalidates } from './policies/cache-tags.ts'
export { type CachedOptions, cached } from './policies/cached.ts'
export { type CompressionOptions, compression } from './policies/compression.ts'
export { type CorsOptions, cors } from './policies/cors.ts'
export { type DeprecationOptions, deprecated } from './policies/deprecation.ts'
export { etag } from './policies/etag.ts'
export {
  IdempotencyKeyInUse,
  IdempotencyKeyInvalid,
  IdempotencyKeyMissing,
  IdempotencyKeyReused,
  IdempotencyUnknown,
  type IdempotentOptions,
  idempotent,
} from './policies/idempotent.ts'
export { prefer, preferences } from './policies/prefer.ts'
export type { Preferences } from './policies/preferences.ts'
export {
  type ConditionalOptions,
  PreconditionFailed,
  PreconditionRequired,
  type Preconditions,
  conditional,
  preconditions,
} from './policies/preconditions.ts'
export { QuotaExceeded, type RateLimit, type RateLimitOptions, rateLimit } from './policies/rate-limit.ts'
export { type RateStore, type RateStrategy, type Take, type Taken, rateStore } from './policies/rate-store.ts'
export { type Attempt, type Begun, type KeptReply, type ReplayStore, replayStore } from './policies/replay-store.ts'
export { type RequestIdOptions, requestId } from './policies/request-id.ts'
export { securityHeaders } from './policies/security-headers.ts'
export { StoreAway, type WhenAway } from './policies/store-away.ts'
export { type Validators, validators } from './policies/validators.ts'
