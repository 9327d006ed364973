export { type DeprecationOptions, deprecated } from './policies/deprecation.ts'
export { QuotaExceeded, type RateLimit, type RateLimitOptions, rateLimit } from './policies/rate-limit.ts'
export { type RateStore, type RateStrategy, type Take, type Taken, rateStore } from './policies/rate-store.ts'
export { StoreAway, type WhenAway } from './policies/store-away.ts'
