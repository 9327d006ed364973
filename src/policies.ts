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
export { prefer, preferences } from './policies/prefer.ts'
export type { Preferences } from './policies/preferences.ts'
export { QuotaExceeded, type RateLimit, type RateLimitOptions, rateLimit } from './policies/rate-limit.ts'
export { type RateStore, type RateStrategy, type Take, type Taken, rateStore } from './policies/rate-store.ts'
export { type Attempt, type Begun, type KeptReply, type ReplayStore, replayStore } from './policies/replay-store.ts'
export { type RequestIdOptions, requestId } from './policies/request-id.ts'
export { securityHeaders } from './policies/security-headers.ts'
export { StoreAway, type WhenAway } from './policies/store-away.ts'
