export { type DeprecationOptions, deprecated } from './policies/deprecation.ts'
